// SPDX-License-Identifier: BSD-3-Clause
//
// What must hold, whatever happens.
#include <algorithm>

#include "defense/verdicts.h"
#include "tcp/splice.h"
#include "wire/parse.h"
#include "world.h"

namespace synward::model {
namespace {

using tcp::EndpointState;
using wire::Reason;

/// Rules of the box by which what a server would take is refused all the same, since the client
/// sends it again or is told.
bool is_documented(Reason reason) {
    return reason == Reason::kAlreadyHeld || reason == Reason::kHoldFull ||
           reason == Reason::kClientAborted || reason == Reason::kServerUnreachable;
}

}  // namespace

void World::fail(std::string what) {
    if (failure_.empty()) {
        failure_ = std::move(what);
    }
}

/// No segment is refused that its receiver would accept, nor one that its sender waits for to be
/// acknowledged and that its receiver would answer.
void World::check_drop(const Packet& packet, const flow::Flow* flow, Reason reason) {
    if (is_documented(reason) || (flow != nullptr && flow->life() == flow::Phase::kConnecting)) {
        return;
    }
    if (flow == nullptr && state_.reset_seen) {
        return;  // a reset has ended it; what it did not reach ends by its own timers
    }
    Packet delivered = packet;
    if (flow != nullptr && flow->spliced) {
        wire::Segment segment;
        wire::parse(delivered.frame.contiguous(), delivered.frame.length, packet.from, segment);
        if (!tcp::splice({delivered.frame.bytes.data(), delivered.frame.kept}, segment,
                         defense::translation_of(*flow))) {
            return fail("a segment cannot be translated");
        }
    }
    const auto segment = read_frame(delivered.frame, packet.from, scenario_.addresses);
    if (!segment) {
        return fail("a segment is damaged by its translation");
    }
    const Endpoint& sender = end(packet.from);
    Endpoint receiver = end(opposite(packet.from));
    Outbox out;
    switch (receiver.receive(*segment, clock(), out)) {
        case Treatment::kProcessed:
            return fail("refused what its receiver would accept");
        case Treatment::kAnswered: {
            const bool is_awaited = !segment->syn && !segment->rst &&
                                    segment->sequence_length() != 0 && sender.is_synchronized() &&
                                    receiver.is_synchronized() &&
                                    ahead(segment->sequence, sender.unacknowledged()) >= 0 &&
                                    flow != nullptr && !flow->spliced;
            if (is_awaited) {
                return fail("refused what its sender waits for to be acknowledged");
            }
            return;
        }
        case Treatment::kIgnored:
            return;
    }
}

/// A segment of an end's own making that the box has taken note of.
void World::know_passing(Side from, const Segment& segment, const Packet& packet, bool acks_fin) {
    Known& sender = state_.known[index(from)];
    if (packet.order >= sender.last_order && packet.order != 0 &&
        sender.incarnation != packet.incarnation) {
        sender = {.incarnation = packet.incarnation};
        state_.reset_seen = state_.reset_seen && !(segment.syn && !segment.ack);
    }
    sender.fin_came_late |=
        segment.fin && !sender.fin_passed && (sender.acked_peers_fin || acks_fin);
    sender.acked_peers_fin |= acks_fin;
    sender.fin_passed |= segment.fin;
    if (packet.order > sender.last_order) {
        sender.seen = packet.states;
        sender.last_order = packet.order;
    } else if (packet.order == sender.last_order || packet.order == 0) {
        sender.seen |= packet.states;
    }
}

void World::know_departure(const Departure& departure, const Packet& packet) {
    const Side from = opposite(departure.to);
    const auto segment = read_frame(departure.frame, from, scenario_.addresses);
    if (!segment) {
        return fail("a segment leaves the box damaged");
    }
    if (segment->rst) {
        state_.reset_seen = true;
        return;
    }
    const Endpoint& to = end(departure.to);
    const bool acks_fin =
        segment->ack && to.has_sent_fin() && segment->acknowledgment == to.next_to_send();
    if (departure.is_original) {
        know_passing(from, *segment, packet, acks_fin);
    }
    Known& receiver = state_.known[index(departure.to)];
    if (segment->ack && to.state() >= State::kSynReceived) {
        receiver.ack_of_syn_passed |= ahead(segment->acknowledgment, to.isn()) > 0;
        receiver.ack_of_fin_passed |= acks_fin;
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
    if (!known.fin_passed) {  // without its FIN a state looks like that of an end that has not
                              // closed
        leads(State::kFinWait1, State::kEstablished);
        leads(State::kFinWait1, State::kSynReceived);
        leads(State::kClosing, State::kCloseWait);
        leads(State::kLastAck, State::kCloseWait);
    }
    if (known.ack_of_syn_passed) {
        leads(State::kSynReceived, State::kEstablished);
    }
    if (known.ack_of_fin_passed) {
        leads(State::kFinWait1, State::kFinWait2);
        leads(State::kClosing, State::kTimeWait);
        leads(State::kLastAck, State::kClosed);
    }
    if (known.fin_came_late) {
        // Its ACK of the other's FIN has passed before or with its own FIN. Which of the two it had
        // sent first no segment tells, and nothing depends on it: the two branches of RFC 9293
        // figure 5 have the same timeouts here.
        leads(State::kClosing, State::kLastAck);
        leads(State::kTimeWait, State::kClosed);
    }
    if (known.was_in_time_wait) {  // nothing shows that it is over
        states |= bit(State::kTimeWait);
    }
    if (state_.reset_seen) {
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
        if (state_.was_open && lives && !state_.reset_seen) {
            fail("the flow is gone while an end lives");
        }
        return;
    }
    state_.was_open = flow->life() == flow::Phase::kOpen;
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

void World::settle(bool loses_what_is_under_way) {
    constexpr unsigned kMostRounds = 150;
    constexpr unsigned kMostSteps = 100;
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
                return fail("the two ends answer each other without end");
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
        if (round >= 80) {
            apply({What::kEndTimeWait, 0});
            apply({What::kEndTimeWait, 1});
            if (state_.reset_seen) {  // whom the reset did not reach gives up (section 3.8.3: R2)
                state_.aborts = {1, 1};
                apply({What::kAbort, 0});
                apply({What::kAbort, 1});
            }
        }
        state_.ticks = 1;
        apply({What::kTick, 0});
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
    state_.reset_seen = true;
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
        if (to.was_reset() || from.was_reset() || to.incarnation() == 0 ||
            from.incarnation() == 0) {
            continue;
        }
        if (to.delivered() != from.queued()) {
            fail(std::string{"the "} + (side == Side::kOutside ? "client" : "server") + " has " +
                 std::to_string(to.delivered()) + " octets of " + std::to_string(from.queued()));
        }
    }
}

}  // namespace synward::model
