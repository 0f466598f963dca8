// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/capture_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <optional>

#include "control/commands/arguments.h"
#include "control/commands/capture_seats.h"
#include "control/commands/flow_filter.h"
#include "control/disposition_names.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;
using SteadyTime = std::chrono::steady_clock::time_point;
using worker::CapturedAs;
using worker::CapturedPacket;
using worker::CaptureRing;

constexpr std::chrono::milliseconds kLookInterval{5};
// A worker's ring holds so much, and so few packets at least: what a flood brings in some
// milliseconds is more than anybody reads.
constexpr std::size_t kRingBytes = std::size_t{4} << 20U;
constexpr std::uint32_t kFewestSlots = 256, kMostSlots = 8192;
constexpr std::uint64_t kMostPackets = 10'000'000, kMostSeconds = 86'400;
constexpr std::uint64_t kLongestSnap = 9'728, kUsualSnap = 256;

/// The reasons that are named, and those of the verdicts that are; all, where neither is given.
std::bitset<wire::kReasonCount> reasons_argument(const Arguments& arguments) {
    std::bitset<wire::kReasonCount> reasons;
    for (const auto& [argument, is_of] :
         {std::pair{"reason", +[](const wire::ReasonDescription&reason,
                                  const std::string&text) { return reason.name == text; }},
          std::pair{"verdict", +[](const wire::ReasonDescription&reason, const std::string&text) {
                        return name(reason.disposition) == text;
                    }}}) {
        for (const std::string& text : texts_argument(arguments, argument)) {
            bool is_known = false;
            for (std::size_t number = 0; number < wire::kReasonCount; ++number) {
                if (is_of(wire::kReasons[number], text)) {
                    reasons.set(number);
                    is_known = true;
                }
            }
            if (!is_known) {
                throw CommandFailure{"bad_argument",
                                     fmt::format("{}: there is no '{}'; synwardctl counters --all "
                                                 "shows what there is",
                                                 argument, text)};
            }
        }
    }
    return reasons.any() ? reasons : reasons.set();
}

worker::CaptureFilter filter_of_capture(const Arguments& arguments, const Running& running) {
    worker::CaptureFilter filter;
    filter.reasons = reasons_argument(arguments);
    if (const auto service = text_argument(arguments, "service")) {
        filter.service = service_number(*service, running.engine.policy().policy());
    }
    filter.address = prefix_argument(arguments, "address");
    if (const auto port = number_argument(arguments, "port", 0xffff)) {
        filter.port = static_cast<std::uint16_t>(*port);
    }
    filter.departures = number_argument(arguments, "departures", 1).value_or(0) != 0;
    return filter;
}

std::string_view name_of(CapturedAs as) {
    switch (as) {
        case CapturedAs::kArrival:
            return "arrival";
        case CapturedAs::kReleased:
            return "released";
        case CapturedAs::kDeparture:
            break;
    }
    return "departure";
}

class CaptureCommand : public Command, public std::enable_shared_from_this<CaptureCommand> {
  public:
    /// `is_on`: whether a capture is, of all commands.
    CaptureCommand(EventLoop& loop, const Running& running, std::shared_ptr<bool> is_on,
                   const Arguments& arguments)
        : loop_{loop},
          running_{running},
          is_on_{std::move(is_on)},
          filter_{filter_of_capture(arguments, running)},
          packets_left_{number_argument(arguments, "count", kMostPackets).value_or(kMostPackets)},
          seconds_{number_argument(arguments, "seconds", kMostSeconds).value_or(kMostSeconds)},
          snap_{static_cast<std::uint32_t>(
              number_argument(arguments, "snap", kLongestSnap).value_or(kUsualSnap))} {
        require_known(arguments, {"reason", "verdict", "service", "address", "port", "departures",
                                  "count", "seconds", "snap"});
        if (*is_on_) {
            throw CommandFailure{"busy", "a capture is running already"};
        }
    }
    ~CaptureCommand() override {
        if (seats_ && !is_leaving_) {
            seats_->leave([is_on = is_on_] { *is_on = false; });
        }
    }
    CaptureCommand(const CaptureCommand&) = delete;
    CaptureCommand& operator=(const CaptureCommand&) = delete;

    void go_on(Reply& reply) override {
        if (!seats_) {
            begin(reply);
        }
        while (packets_left_ != 0 && reply.has_room() &&
               seats_->take([&](const CapturedPacket& packet) { give(packet, reply); })) {
        }
        const bool is_over = packets_left_ == 0 || std::chrono::steady_clock::now() >= ends_at_;
        if (is_over && !is_leaving_) {
            leave();
        }
        // What was captured before the workers had left is still given.
        if (has_left_ && (packets_left_ == 0 || reply.has_room())) {
            reply.finish({{"packets", packets_}, {"lost", seats_->lost()}});
        }
    }

  private:
    void begin(Reply& reply) {
        ordered_json ports = ordered_json::array();
        for (const worker::Port& port : running_.engine.ports()) {
            ports.push_back({{"port", port.id},
                             {"link", running_.configuration().links[port.link].name},
                             {"side", name(port.side)}});
        }
        reply.row(ordered_json{{"ports", std::move(ports)}, {"snap", snap_}}.dump());
        const auto slots = static_cast<std::uint32_t>(
            std::bit_floor(kRingBytes / (snap_ + sizeof(CapturedPacket))));
        std::vector<std::shared_ptr<worker::Capture>> captures;
        for (std::size_t worker = 0; worker < running_.inquiries.workers(); ++worker) {
            captures.push_back(std::make_shared<worker::Capture>(
                filter_, running_.engine.policy().policy().services, running_.engine.ports(),
                std::clamp(slots, kFewestSlots, kMostSlots), snap_));
        }
        *is_on_ = true;
        seats_.emplace(running_.inquiries, std::move(captures));
        ends_at_ = std::chrono::steady_clock::now() + std::chrono::seconds{seconds_};
        timer_ = loop_.every(kLookInterval, [&reply] { reply.resume(); });
    }
    void leave() {
        is_leaving_ = true;
        seats_->leave([is_on = is_on_, weak = weak_from_this()] {
            *is_on = false;
            if (const auto self = weak.lock()) {
                self->has_left_ = true;
            }
        });
    }
    void give(const CapturedPacket& packet, Reply& reply) {
        const auto& services = running_.engine.policy().policy().services;
        const wire::ReasonDescription& reason = wire::description(packet.reason);
        row_.clear();
        fmt::format_to(
            std::back_inserter(row_),
            R"({{"time":{},"port":{},"as":"{}","reason":"{}","verdict":"{}","service":"{}",)"
            R"("length":{},"data":"{:02x}"}})",
            packet.time.time_since_epoch().count(), packet.port, name_of(packet.as), reason.name,
            name(reason.disposition),
            packet.service < services.size() ? services[packet.service].name : "", packet.length,
            fmt::join(CaptureRing::bytes_of(packet), ""));
        reply.row(row_);
        ++packets_;
        --packets_left_;
    }

    EventLoop& loop_;
    const Running& running_;
    std::shared_ptr<bool> is_on_;
    worker::CaptureFilter filter_;
    std::uint64_t packets_left_;
    std::uint64_t seconds_;
    std::uint32_t snap_;
    std::optional<CaptureSeats> seats_;
    EventLoop::Watch timer_;
    SteadyTime ends_at_;
    std::uint64_t packets_ = 0;
    bool is_leaving_ = false;
    bool has_left_ = false;
    std::string row_;
};

}  // namespace

void add_capture_command(Commands& commands, EventLoop& loop, const Running& running) {
    commands.add("capture", [&loop, &running,
                             is_on = std::make_shared<bool>(false)](const Arguments& arguments) {
        return std::make_shared<CaptureCommand>(loop, running, is_on, arguments);
    });
}

}  // namespace synward::control
