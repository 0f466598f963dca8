// SPDX-License-Identifier: BSD-3-Clause
#include "world.h"

#include <algorithm>

#include "hash.h"
#include "ladder.h"

namespace synward::model {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kMostUnderWay = 40;
constexpr std::uint32_t kOldSynStep =
    0x0300'0000;  // how far an earlier connection's ISN lies behind

defense::Policy policy_of(const Scenario& scenario) {
    defense::Policy policy;
    policy.services.push_back(
        {.name = "model",
         .addresses = {*wire::Prefix::parse("198.51.100.2"), *wire::Prefix::parse("2001:db8::2")},
         .ports = {{kServerPort, kServerPort}},
         .challenge = scenario.challenge,
         .budget = Middle::kBudget,
         // Pinned, and not always what the server does: the splice makes up for it.
         .server = {.mss = std::uint16_t{1460},
                    .window_scale = std::uint8_t{7},
                    .sack = true,
                    .timestamps = true,
                    .ecn = false}});
    policy.hold.segments = 32;
    policy.sources.answers = 1'048'576;
    policy.remembered_syns = scenario.remembered_syns;
    policy.on_expiry =
        scenario.resets_on_expiry ? defense::OnExpiry::kReset : defense::OnExpiry::kSilent;
    // Keys do not go back in time with the rest, so there is one for all times.
    policy.cookie_key_lifetime = std::chrono::hours{24 * 365 * 60};
    return policy;
}

/// The box gives an open flow more time.
bool renews(wire::Reason reason) {
    return reason == wire::Reason::kInConnection || reason == wire::Reason::kFinPassed ||
           reason == wire::Reason::kHandshakeCompleted || reason == wire::Reason::kServerConnected;
}

}  // namespace

World::World(const Scenario& scenario)
    : scenario_{scenario}, policy_{policy_of(scenario)}, box_{policy_} {
    state_.ends = {Endpoint{scenario.client, scenario.client_isn},
                   Endpoint{scenario.server, scenario.server_isn}};
    state_.opens = scenario.opens;
    state_.sends = scenario.sends;
    state_.aborts = scenario.aborts;
    state_.duplicates = scenario.duplicates;
    state_.old_syns = scenario.old_syns;
    state_.ticks = scenario.ticks;
    state_.keep_alives = scenario.keep_alives;
    state_.naps = scenario.naps;
    state_.idles = scenario.idles;
    for (unsigned side = 0; side < 2; ++side) {
        state_.known[side].seen = bit(state_.ends[side].state());
    }
}

std::uint32_t World::clock() const {
    // The timestamp clock of both ends, one tick for each millisecond.
    return static_cast<std::uint32_t>(box_.now().time_since_epoch() / milliseconds{1});
}

/// What an endpoint's step leaves: its new state, and segments on their way.
void World::after(Side side, State before, const Outbox& out) {
    const States now = bit(end(side).state());
    Known& known = state_.known[index(side)];
    known.seen |= now;
    known.was_in_time_wait |= end(side).state() == State::kTimeWait;
    for (Packet& packet : state_.under_way) {
        if (packet.from == side) {
            packet.origin.states |= now;
        }
    }
    if (side == Side::kOutside) {
        for (Origin& origin : state_.held) {
            origin.states |= now;
        }
    }
    for (const Segment& segment : out) {
        if (log_ != nullptr) {
            log_->sends(*this, side, segment);
        }
        ++state_.emitted;
        if (state_.under_way.size() >= kMostUnderWay) {
            continue;
        }
        Packet packet;
        packet.frame = write_frame(segment, side, scenario_.addresses);
        packet.origin = {.order = ++state_.order,
                         .states = static_cast<States>(bit(before) | now),
                         .incarnation = end(side).incarnation(),
                         .isn = end(side).isn(),
                         .end = segment.end()};
        packet.from = side;
        Hash hash;
        hash.add_bytes(packet.frame.contiguous());
        packet.hash = hash.value();
        state_.under_way.push_back(packet);
    }
}

void World::deliver(unsigned number, bool keeps) {
    const Packet packet = state_.under_way[number];
    if (!keeps) {
        state_.under_way.erase(state_.under_way.begin() + number);
    }
    if (packet.has_crossed) {
        arrive(packet);
    } else if (scenario_.has_box) {
        cross_box(packet);
    } else {
        cross_wire(packet);
    }
}

void World::cross_wire(const Packet& packet) {
    Packet crossed = packet;
    crossed.has_crossed = true;
    state_.under_way.push_back(crossed);
}

void World::cross_box(const Packet& packet) {
    flow::Flow* const found = box_.flow(scenario_.addresses);
    const flow::Flow before = found != nullptr ? *found : flow::Flow{};
    const std::uint64_t changes = box_.flow_changes();
    box_.cross(packet.frame, packet.from, packet.origin.order);
    if (box_.flow_changes() != changes && box_.flow(scenario_.addresses) != nullptr) {
        forget_passed();  // a new flow
    }
    for (const Decision& decision : box_.decisions()) {
        ++reasons_[static_cast<unsigned>(decision.reason)];
    }
    if (log_ != nullptr) {
        if (const auto segment = read_frame(packet.frame, packet.from, scenario_.addresses)) {
            log_->crosses(*this, packet.from, *segment, box_);
        }
    }
    const Decision& first = box_.decisions().front();
    if (first.action == defense::Action::kDrop) {
        check_drop(packet, found != nullptr ? &before : nullptr, first.reason);
    }
    for (const Decision& decision : box_.decisions()) {
        if (renews(decision.reason)) {
            state_.last_heard = box_.now();
        }
    }
    if (first.action == defense::Action::kConnectServer) {
        state_.reset_counts = state_.reset_passed = false;  // another connection begins
    }
    const bool is_held = wire::disposition(first.reason) == wire::Disposition::kHeld;
    if (is_held) {
        state_.held.push_back(packet.origin);
    }
    if (is_held || first.action == defense::Action::kConnectServer) {
        // It counts as seen, but for what it may still say when it is released.
        know_passing(Side::kOutside, {.ack = true}, packet.origin, false);
    }
    if (first.action == defense::Action::kConnectServer) {
        // Whatever it is that redeems a cookie, it shows a client that has the SYN-ACK.
        state_.known[0].seen |= bit(State::kEstablished);
    }
    if (first.action == defense::Action::kJoin) {
        know_passing(Side::kInside, {.syn = true, .ack = true}, packet.origin, false);
    }
    carry_departures(&packet);
}

void World::carry_departures(const Packet* original) {
    for (const Departure& departure : box_.departures()) {
        Packet packet;
        packet.frame = departure.frame;
        packet.has_crossed = true;
        packet.from = opposite(departure.to);
        if (departure.is_original) {
            if (original != nullptr && departure.arrival == original->origin.order) {
                packet.origin = original->origin;
            } else {
                const auto held = std::ranges::find(
                    state_.held, static_cast<std::uint16_t>(departure.arrival), &Origin::order);
                if (held != state_.held.end()) {
                    packet.origin = *held;
                    state_.held.erase(held);
                }
            }
        }
        Hash hash;
        hash.add_bytes(packet.frame.contiguous());
        packet.hash = hash.value();
        know_departure(departure, packet);
        if (const auto segment = read_frame(packet.frame, packet.from, scenario_.addresses);
            segment && log_ != nullptr && !departure.is_original) {
            log_->departs(*this, departure.to, *segment);
        }
        if (state_.under_way.size() < kMostUnderWay) {
            state_.under_way.push_back(packet);
        }
    }
}

void World::arrive(const Packet& packet) {
    const auto segment = read_frame(packet.frame, packet.from, scenario_.addresses);
    if (!segment) {
        return fail("a segment arrives damaged");
    }
    const Side to = opposite(packet.from);
    Endpoint& end = end_of(to);
    const bool is_first = packet.origin.order != 0 && !segment->syn && segment->length != 0 &&
                          !end.expects_a_stream();
    if (is_first) {
        end.expect_stream(packet.origin.isn.value);
    }
    const State before = end.state();
    Outbox out;
    const Treatment treatment = end.receive(*segment, clock(), out);
    if (is_first && treatment != Treatment::kProcessed) {
        end.forget_stream();
    }
    if (log_ != nullptr) {
        log_->arrives(*this, to, *segment, treatment);
    }
    after(to, before, out);
    if (end.got_foreign_data()) {
        fail("data is delivered that was not sent there");
    }
}

void World::inject_old_syn() {
    Segment syn;
    syn.syn = true;
    syn.sequence = scenario_.client_isn - kOldSynStep;
    syn.window = 1000;
    syn.mss = scenario_.client.mss;
    if (scenario_.client.timestamps) {
        syn.has_timestamps = true;
        syn.timestamp = clock() - 100'000;
    }
    Packet packet;
    packet.frame = write_frame(syn, Side::kOutside, scenario_.addresses);
    packet.origin = {.states = bit(end(Side::kOutside).state()),
                     .incarnation = kOldIncarnation,
                     .isn = syn.sequence,
                     .end = syn.end()};
    packet.from = Side::kOutside;
    Hash hash;
    hash.add_bytes(packet.frame.contiguous());
    packet.hash = hash.value();
    state_.under_way.push_back(packet);
}

bool World::is_opening() {
    const flow::Flow* const flow = box_.flow(scenario_.addresses);
    return (flow != nullptr && flow->life() != flow::Phase::kOpen) ||
           std::ranges::any_of(state_.under_way, [this](const Packet& packet) {
               const auto segment = read_frame(packet.frame, packet.from, scenario_.addresses);
               return segment && segment->syn;
           });
}

void World::pass_time(tcp::Duration duration) {
    box_.pass_time(duration);
    carry_departures(nullptr);
}

std::uint64_t World::hash() {
    Hash hash;
    std::uint64_t packets = 0;  // in any order: each may be the next to be delivered
    for (const Packet& packet : state_.under_way) {
        Hash one;
        one.add(packet.hash);
        one.add(std::uint64_t{packet.origin.states} | std::uint64_t{packet.has_crossed} << 16U |
                std::uint64_t{packet.origin.order != 0} << 17U |
                std::uint64_t{packet.origin.order > state_.known[index(packet.from)].last_order}
                    << 18U);
        packets += one.value();
    }
    hash.add(packets);
    for (unsigned side = 0; side < 2; ++side) {
        const Known& known = state_.known[side];
        hash.add(state_.ends[side].hash());
        hash.add(
            known.seen | std::uint64_t{known.passed.fin} << 16U |
            std::uint64_t{known.passed.ack_of_fin} << 17U |
            std::uint64_t{known.passed.ack_of_syn} << 18U |
            std::uint64_t{known.was_in_time_wait} << 19U | std::uint64_t{known.is_reset} << 22U |
            std::uint64_t{known.passed.ack_of_peers_fin} << 20U |
            std::uint64_t{known.passed.late_fin} << 21U |

            std::uint64_t{state_.opens[side]} << 24U | std::uint64_t{state_.sends[side]} << 32U |
            std::uint64_t{state_.aborts[side]} << 40U);
    }
    for (const Origin& origin : state_.held) {
        hash.add(origin.states);
    }
    hash.add(state_.emitted | std::uint64_t{state_.duplicates} << 32U |
             std::uint64_t{state_.old_syns} << 40U | std::uint64_t{state_.ticks & 0x3fU} << 48U |
             std::uint64_t{state_.reset_counts} << 55U | std::uint64_t{state_.reset_passed} << 56U |
             std::uint64_t{state_.was_open} << 57U);
    hash.add(box_.hash(scenario_.addresses));
    return hash.value();
}

}  // namespace synward::model
