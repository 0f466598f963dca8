// SPDX-License-Identifier: BSD-3-Clause
#include "ladder.h"

#include <chrono>
#include <cstdio>

namespace synward::model {
namespace {

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

const char* user_call(What what) {
    switch (what) {
        case What::kOpen:
            return "opens";
        case What::kSend:
            return "sends data";
        case What::kClose:
            return "closes";
        case What::kAbort:
            return "aborts";
        case What::kNap:
            return "stops or goes on reading";
        case What::kRetransmit:
            return "retransmission timer";
        case What::kAcknowledge:
            return "delayed ACK";
        case What::kEndTimeWait:
            return "2 MSL are over";
        case What::kKeepAlive:
            return "keep-alive";
        default:
            return nullptr;
    }
}

}  // namespace

void Log::line(const World& world, const std::string& outside, const std::string& box,
               const std::string& inside) {
    using std::chrono::milliseconds;
    const auto passed = const_cast<World&>(world).box().now().time_since_epoch() -
                        std::chrono::seconds{1'700'000'000};
    char time[32];
    std::snprintf(time, sizeof(time), "%9.1f s  ",
                  static_cast<double>(passed / milliseconds{1}) / 1000.0);
    text_ += time;
    text_ += padded(std::string{name(world.end(Side::kOutside).state())}, 11);
    text_ += padded(outside, 46) + "|" + padded(box, 38) + "|" + padded(inside, 46);
    text_ += name(world.end(Side::kInside).state());
    text_ += '\n';
}

std::string Log::arrow(const World& world, Side from, const Segment& segment, bool on_outside) {
    const Endpoint& client = world.end(Side::kOutside);
    const Endpoint& server = world.end(Side::kInside);
    const std::uint32_t client_isn = client.isn().value;
    const bool knows = on_outside && client.is_synchronized();
    const std::uint32_t server_isn = knows ? client.peer_isn().value : server.isn().value;
    const bool is_clients = from == Side::kOutside;
    const auto relative = [](std::uint32_t value, std::uint32_t origin) {
        const auto difference = static_cast<std::int32_t>(value - origin);
        // What is far away belongs to another numbering.
        return difference > -70'000'000 && difference < 70'000'000 ? std::to_string(difference)
                                                                   : std::to_string(value) + "!";
    };
    std::string text;
    for (const auto& [is_set, flag] : {std::pair{segment.syn, "SYN "},
                                       {segment.fin, "FIN "},
                                       {segment.rst, "RST "},
                                       {segment.ack, "ACK "}}) {
        text += is_set ? flag : "";
    }
    text += "seq=" + relative(segment.sequence.value, is_clients ? client_isn : server_isn);
    if (segment.ack) {
        text +=
            " ack=" + relative(segment.acknowledgment.value, is_clients ? server_isn : client_isn);
    }
    if (segment.length != 0) {
        text += " len=" + std::to_string(segment.length);
    }
    return is_clients ? "-- " + text + " -->" : "<-- " + text + " --";
}

void Log::begin(const World& world, Choice choice) {
    begun_at_ = text_.size();
    if (const char* const call = user_call(choice.what)) {
        const std::string what = std::string{"("} + call + ")";
        return choice.which == 0 ? line(world, what, "", "") : line(world, "", "", what);
    }
    if (choice.what == What::kLose) {
        line(world, "", "(a segment is lost)", "");
    } else if (choice.what == What::kDuplicate) {
        line(world, "", "(a segment is delivered twice)", "");
    } else if (choice.what == What::kIdle || choice.what == What::kTick) {
        line(world, "", "(time passes)", "");
    }
}

void Log::sends(const World& world, Side side, const Segment& segment) {
    const std::string what = arrow(world, side, segment, side == Side::kOutside);
    side == Side::kOutside ? line(world, what + " ...", "", "")
                           : line(world, "", "", "... " + what);
}

void Log::crosses(const World& world, Side from, const Segment& segment, Middle& box) {
    std::string verdict;
    for (const Decision& decision : box.decisions()) {
        verdict +=
            (verdict.empty() ? " " : ", ") + std::string{wire::description(decision.reason).name};
    }
    if (const flow::Flow* const flow = box.flow({})) {
        verdict += " [" + std::string{tcp::name(flow->state(Side::kOutside))} + " " +
                   std::string{tcp::name(flow->state(Side::kInside))} + "]";
    }
    const std::string what = arrow(world, from, segment, from == Side::kOutside);
    from == Side::kOutside ? line(world, "... " + what, verdict, "")
                           : line(world, "", verdict, what + " ...");
}

void Log::departs(const World& world, Side to, const Segment& segment) {
    const std::string what = arrow(world, opposite(to), segment, to == Side::kOutside);
    to == Side::kOutside ? line(world, "... " + what, "(by the box itself)", "")
                         : line(world, "", "(by the box itself)", what + " ...");
}

void Log::arrives(const World& world, Side to, const Segment& segment, Treatment treatment) {
    std::string what = arrow(world, opposite(to), segment, to == Side::kOutside);
    what += treatment == Treatment::kProcessed  ? ""
            : treatment == Treatment::kAnswered ? " (refused)"
                                                : " (ignored)";
    to == Side::kOutside ? line(world, what, "", "") : line(world, "", "", what);
}

std::string describe(const Scenario& scenario) {
    const auto habits = [](const Habits& each) {
        std::string text = each.timestamps ? "timestamps" : "no timestamps";
        text += each.scales ? ", scale " + std::to_string(each.scale) : ", no scale";
        text += ", buffer " + std::to_string(each.buffer);
        return text + (each.delays_acks ? ", delayed ACKs" : "");
    };
    constexpr const char* kChallenges[]{"always", "over-budget", "never", "monitor"};
    return std::string{"challenge "} + kChallenges[static_cast<unsigned>(scenario.challenge)] +
           (scenario.addresses.ipv6 ? ", IPv6" : ", IPv4") +
           "; client: " + habits(scenario.client) + ", ISN " +
           std::to_string(scenario.client_isn.value) + "; server: " + habits(scenario.server) +
           ", ISN " + std::to_string(scenario.server_isn.value) + "\n";
}

std::string ladder(const Scenario& scenario, const History& history, bool settles,
                   bool loses_what_is_under_way) {
    World world{scenario};
    Log log;
    world.write_to(log);
    for (const Choice choice : history) {
        world.apply(choice);
        if (!world.failure().empty()) {
            break;
        }
    }
    if (settles && world.failure().empty()) {
        world.settle(loses_what_is_under_way);
    }
    return describe(scenario) + log.text() + "=> " +
           (world.failure().empty() ? "all holds" : world.failure()) + "\n";
}

}  // namespace synward::model
