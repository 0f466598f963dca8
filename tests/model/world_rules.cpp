// SPDX-License-Identifier: BSD-3-Clause
//
// What must hold, whatever happens.
#include <algorithm>

#include "world.h"

namespace synward::model {
namespace {

using tcp::EndpointState;
using wire::Reason;

/// The states by which it goes are checked by themselves.
tcp::Duration patience_of(const flow::Flow& flow, const defense::Timeouts& timeouts) {
    switch (flow::patience(flow)) {
        case flow::Patience::kEstablished:
            return timeouts.established;
        case flow::Patience::kHalfClosed:
            return timeouts.half_closed;
        case flow::Patience::kClosing:
            return timeouts.closing;
        case flow::Patience::kTimeWait:
            break;
    }
    return timeouts.time_wait;
}

}  // namespace

void World::fail(std::string what) {
    if (failure_.empty()) {
        failure_ = std::move(what);
    }
}

/// What had passed before does not count for a new flow.
void World::forget_passed() {
    for (Known& known : state_.known) {
        known.passed = {};
    }
}

/// A segment of an end's own making that the box has taken note of.
void World::know_passing(Side from, const Segment& segment, const Origin& origin, bool acks_fin) {
    Known& sender = state_.known[index(from)];
    if (origin.order >= sender.last_order && origin.order != 0 &&
        sender.incarnation != origin.incarnation) {
        sender = Known{};
        sender.incarnation = origin.incarnation;
        sender.isn = origin.isn;
        if (segment.syn && !segment.ack) {
            state_.reset_counts = state_.reset_passed = false;
        }
    }
    if (!sender.passed.anything || ahead(origin.end, sender.passed.highest) > 0) {
        sender.passed.highest = origin.end;
        sender.passed.anything = true;
    }
    sender.passed.late_fin |=
        segment.fin && !sender.passed.fin && (sender.passed.ack_of_peers_fin || acks_fin);
    sender.passed.ack_of_peers_fin |= acks_fin;
    sender.passed.fin |= segment.fin;
    if (segment.fin) {
        sender.end = origin.end;
    }
    if (origin.order > sender.last_order) {
        sender.is_reset = false;
        sender.seen = origin.states;
        sender.last_order = origin.order;
    } else if (origin.order == sender.last_order || origin.order == 0 ||
               sender.incarnation != origin.incarnation) {
        // The last: its server still holds to an earlier connection (RFC 9293 figure 10).
        if (sender.incarnation != origin.incarnation) {
            sender.passed.highest = origin.end;
        }
        sender.seen |= origin.states;
    }
    if (segment.syn) {  // that of the connection of which the box knows, even if an older one
        sender.isn = origin.isn;
    }
    if (segment.syn && segment.ack) {  // even if sent again from a later state
        sender.seen |= bit(State::kSynReceived);
    }
}

void World::know_departure(const Departure& departure, const Packet& packet) {
    const Side from = opposite(departure.to);
    const auto segment = read_frame(departure.frame, from, scenario_.addresses);
    if (!segment) {
        return fail("a segment leaves the box damaged");
    }
    if (segment->rst) {
        // RFC 5961 section 3: at the very next number; while a connection opens RFC 9293's other
        // rules hold.
        state_.reset_counts |= !departure.is_original || !state_.was_open ||
                               packet.origin.end == state_.known[index(from)].passed.highest;
        state_.reset_passed = true;
        state_.known[index(departure.to)].is_reset |= state_.reset_counts;
        return;
    }
    Known& receiver = state_.known[index(departure.to)];
    const bool acks_fin =
        segment->ack && receiver.passed.fin && segment->acknowledgment == receiver.end;
    // Of a SYN on a live flow the box takes no note before its receiver answers it, and of what
    // speaks of another connection none at all.
    const Reason reason = box_.decisions().empty() ? Reason::kNotTcp  // sent by the clock
                                                   : box_.decisions().front().reason;
    const bool is_noted = departure.is_original &&
                          (reason != Reason::kSynOnLiveFlow || !state_.was_open) &&
                          reason != Reason::kChallengeAck && reason != Reason::kWithoutFlow;
    if (is_noted) {
        know_passing(from, *segment, packet.origin, acks_fin);
    }
    if (segment->ack) {
        receiver.passed.ack_of_syn |= ahead(segment->acknowledgment, receiver.isn) > 0;
        receiver.passed.ack_of_fin |= acks_fin;
    }
}

/// The states in which the box may see an end: those in which it has been since it sent the last
/// segment that the box has passed, and those into which it comes by what has passed towards it.
World::States World::allowed(Side side) const {
    const Known& known = state_.known[index(side)];
    unsigned states = known.seen;
    const auto leads = [&states](State from, State to) {
        if ((states & bit(from)) != 0) {
            states |= bit(to);
        }
    };
    if (!known.passed.fin) {  // without its FIN a state looks like that of an end that has not
                              // closed
        leads(State::kFinWait1, State::kEstablished);
        leads(State::kFinWait1, State::kSynReceived);
        leads(State::kClosing, State::kCloseWait);
        leads(State::kLastAck, State::kCloseWait);
    }
    if (!known.passed.ack_of_peers_fin) {  // nor has its flow seen the other's
        leads(State::kClosing, State::kFinWait1);
    }
    if (known.passed.ack_of_syn) {
        leads(State::kSynReceived, State::kEstablished);
    }
    if (known.passed.ack_of_fin) {
        leads(State::kFinWait1, State::kFinWait2);
        leads(State::kClosing, State::kTimeWait);
        leads(State::kLastAck, State::kClosed);
    }
    if (known.passed.late_fin) {
        // Its ACK of the other's FIN has passed before or with its own FIN. Which of the two it had
        // sent first no segment tells, and nothing depends on it: the two branches of RFC 9293
        // figure 5 have the same timeouts here.
        leads(State::kClosing, State::kLastAck);
        leads(State::kTimeWait, State::kClosed);
    }
    if (known.was_in_time_wait) {  // nothing shows that it is over
        states |= bit(State::kTimeWait);
    }
    if (state_.reset_counts) {
        states |= bit(State::kClosed);
    }
    if ((states & (bit(State::kClosed) | bit(State::kListen))) != 0) {  // a matter of sockets
        states |= bit(State::kClosed) | bit(State::kListen);
    }
    return static_cast<States>(states);
}

void World::check_states() {
    const flow::Flow* const flow = box_.flow(scenario_.addresses);
    if (flow == nullptr) {
        const bool lives =
            end(Side::kOutside).is_synchronized() || end(Side::kInside).is_synchronized();
        const bool is_over = box_.now() - state_.last_heard > state_.patience;
        if (state_.was_open && lives && !state_.reset_counts && !is_over) {
            fail("the flow is gone while an end lives");
        }
        return;
    }
    state_.was_open = flow->life() == flow::Phase::kOpen;
    state_.patience = patience_of(*flow, policy_.timeouts);
    for (const Side side : {Side::kOutside, Side::kInside}) {
        const EndpointState seen = flow->state(side);
        if (!state_.was_open &&
            (seen == EndpointState::kListen || seen == EndpointState::kSynSent)) {
            // A SYN is under way there, or was answered. It may be an old duplicate, which nobody
            // but its sender can tell from a true one (RFC 9293 figure 9).
            continue;
        }
        // Both enumerations follow RFC 9293's order.
        if ((allowed(side) & bit(static_cast<State>(seen))) == 0) {
            fail(std::string{"the box sees the "} + (side == Side::kOutside ? "client" : "server") +
                 " in " + std::string{tcp::name(seen)} + ", where it has not been");
        }
    }
}

void World::check_after_step() {
    if (!scenario_.has_box) {
        return;
    }
    if (const char* const reason = box_.inconsistency()) {
        fail(reason);
    }
    check_states();
}

bool World::settle_step() {
    bool moved = false;
    for (std::size_t left = state_.under_way.size(); left > 0 && failure_.empty(); --left) {
        apply({What::kDeliver, 0});
        moved = true;
    }
    for (const std::uint8_t side : {std::uint8_t{0}, std::uint8_t{1}}) {
        moved |= apply({What::kAcknowledge, side});
        if (state_.naps_now[side]) {
            moved |= apply({What::kNap, side});
        }
    }
    return moved;
}

/// Section 3.8.3: R2. Only where an end may know nothing of the other's connection any more, or
/// never did: whom a reset did not reach, and who has answered an old or repeated SYN.
void World::give_up() {
    const bool was_reset =
        state_.reset_passed || end(Side::kOutside).was_reset() || end(Side::kInside).was_reset();
    const flow::Flow* const flow = box_.flow(scenario_.addresses);
    const bool is_spliced = flow != nullptr && flow->spliced != 0;
    for (const std::uint8_t side : {std::uint8_t{0}, std::uint8_t{1}}) {
        const Endpoint& end = state_.ends[side];
        const Endpoint& peer = state_.ends[1U - side];
        const bool answers_other_syn =
            !is_spliced && end.unacknowledged() == end.isn() &&
            (!peer.is_synchronized() || peer.state() == State::kTimeWait ||
             end.peer_isn() != peer.isn() || peer.peer_isn() != end.isn());
        if (was_reset || answers_other_syn) {
            state_.aborts[side] = 1;
            apply({What::kAbort, side});
        }
    }
}

void World::settle(bool loses_what_is_under_way) {
    constexpr unsigned kMostRounds = 80;
    constexpr unsigned kMostSteps = 40;
    if (scenario_.resets_on_expiry && !loses_what_is_under_way) {
        return abandon();
    }
    if (loses_what_is_under_way) {
        while (!state_.under_way.empty()) {
            apply({What::kLose, 0});
        }
    }
    const auto rests = [this](Side side) {
        const State state = end(side).state();
        return state == State::kClosed || state == State::kListen || state == State::kTimeWait;
    };
    for (unsigned round = 0; failure_.empty(); ++round) {
        for (unsigned steps = 0; settle_step() && failure_.empty(); ++steps) {
            // Within 2 MSL two ends that hold each other for an earlier one may go on for long.
            const bool ends =
                steps > 20 && (apply({What::kEndTimeWait, 0}) || apply({What::kEndTimeWait, 1}));
            if (!ends && steps > kMostSteps) {
                // Each with a full window of which the first segment is lost, two ends answer each
                // other's ACKs behind it until a timer ends that, and so do strangers.
                break;
            }
        }
        if (!failure_.empty() || (rests(Side::kOutside) && rests(Side::kInside))) {
            break;
        }
        if (round == kMostRounds) {
            return fail("an end does not come to rest");
        }
        if (round >= 4) {
            for (const std::uint8_t side : {std::uint8_t{0}, std::uint8_t{1}}) {
                if (state_.ends[side].state() != State::kSynReceived) {
                    apply({What::kClose, side});
                }
            }
        }
        if (round >= 40) {
            apply({What::kEndTimeWait, 0});
            apply({What::kEndTimeWait, 1});
            give_up();
        }
        state_.ticks = 1;
        apply({What::kTick, static_cast<std::uint8_t>(round < 10 ? 0 : 1)});
        apply({What::kRetransmit, 0});
        apply({What::kRetransmit, 1});
    }
    if (!failure_.empty()) {
        return;
    }
    check_streams();
    if (!scenario_.has_box) {
        return;
    }
    state_.was_open = false;
    state_.reset_counts = true;
    for (const auto timeout : {policy_.timeouts.established, policy_.timeouts.half_closed}) {
        box_.pass_time(timeout + std::chrono::seconds{1});
    }
    if (!box_.is_empty()) {
        fail("something is left in the box when all is over");
    }
}

void World::check_streams() {
    for (const Side side : {Side::kOutside, Side::kInside}) {
        const Endpoint& to = end(side);
        const Endpoint& from = end(opposite(side));
        const auto was_never_open = [](const Endpoint& end) {
            return end.incarnation() == 0 || end.unacknowledged() == end.isn();
        };
        if (to.was_reset() || from.was_reset() || was_never_open(to) || was_never_open(from)) {
            continue;
        }
        if (to.delivered() != from.queued()) {
            fail(std::string{"the "} + (side == Side::kOutside ? "client" : "server") + " has " +
                 std::to_string(to.delivered()) + " octets of " + std::to_string(from.queued()));
        }
    }
}

}  // namespace synward::model
