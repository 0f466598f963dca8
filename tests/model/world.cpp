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
    policy.cookie_key_lifetime = std::chrono::hours{1};
    return policy;
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
            packet.states |= now;
        }
    }
    if (side == Side::kOutside) {
        for (Ghost& ghost : state_.held) {
            ghost.states |= now;
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
        packet.order = ++state_.order;
        packet.states = static_cast<States>(bit(before) | now);
        packet.from = side;
        packet.incarnation = end(side).incarnation();
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
    box_.cross(packet.frame, packet.from, packet.order);
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
    const bool is_held = wire::disposition(first.reason) == wire::Disposition::kHeld;
    if (is_held) {
        state_.held.push_back({packet.order, packet.states, packet.incarnation});
    }
    if (is_held || first.action == defense::Action::kConnectServer) {
        // It counts as seen, but for what it may still say when it is released.
        state_.known[0].seen |= packet.states;
    }
    if (first.action == defense::Action::kJoin) {
        know_passing(Side::kInside, {.syn = true, .ack = true}, packet, false);
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
            packet.order = static_cast<std::uint16_t>(departure.arrival);
            if (original != nullptr && departure.arrival == original->order) {
                packet.states = original->states;
                packet.incarnation = original->incarnation;
            } else {
                const auto ghost = std::ranges::find(state_.held, packet.order, &Ghost::order);
                if (ghost != state_.held.end()) {
                    packet.states = ghost->states;
                    packet.incarnation = ghost->incarnation;
                    state_.held.erase(ghost);
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
    if (packet.order != 0 && !segment->syn && segment->length != 0 && !end.expects_a_stream()) {
        end.expect_stream(state_.ends[index(packet.from)].isn().value);
    }
    const State before = end.state();
    Outbox out;
    const Treatment treatment = end.receive(*segment, clock(), out);
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
    packet.states = bit(end(Side::kOutside).state());
    packet.from = Side::kOutside;
    packet.incarnation = kOldIncarnation;
    Hash hash;
    hash.add_bytes(packet.frame.contiguous());
    packet.hash = hash.value();
    state_.under_way.push_back(packet);
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
        one.add(std::uint64_t{packet.states} | std::uint64_t{packet.has_crossed} << 16U |
                std::uint64_t{packet.order != 0} << 17U |
                std::uint64_t{packet.order > state_.known[index(packet.from)].last_order} << 18U);
        packets += one.value();
    }
    hash.add(packets);
    for (unsigned side = 0; side < 2; ++side) {
        const Known& known = state_.known[side];
        hash.add(state_.ends[side].hash());
        hash.add(
            known.seen | std::uint64_t{known.fin_passed} << 16U |
            std::uint64_t{known.ack_of_fin_passed} << 17U |
            std::uint64_t{known.ack_of_syn_passed} << 18U |
            std::uint64_t{known.was_in_time_wait} << 19U |
            std::uint64_t{known.acked_peers_fin} << 20U |
            std::uint64_t{known.fin_came_late} << 21U | std::uint64_t{state_.opens[side]} << 24U |
            std::uint64_t{state_.sends[side]} << 32U | std::uint64_t{state_.aborts[side]} << 40U);
    }
    for (const Ghost& ghost : state_.held) {
        hash.add(ghost.states);
    }
    hash.add(state_.emitted | std::uint64_t{state_.duplicates} << 32U |
             std::uint64_t{state_.old_syns} << 40U | std::uint64_t{state_.ticks} << 48U |
             std::uint64_t{state_.reset_seen} << 56U | std::uint64_t{state_.was_open} << 57U);
    hash.add(box_.hash(scenario_.addresses));
    return hash.value();
}

}  // namespace synward::model
