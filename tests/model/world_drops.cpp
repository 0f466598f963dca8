// SPDX-License-Identifier: BSD-3-Clause
//
// What the box may refuse.
#include "defense/verdicts.h"
#include "tcp/splice.h"
#include "wire/parse.h"
#include "world.h"

namespace synward::model {
namespace {

using wire::Reason;

/// Rules of the box by which what a server would take is refused all the same, since the client
/// sends it again or is told.
bool is_documented(Reason reason) {
    return reason == Reason::kAlreadyHeld || reason == Reason::kHoldFull ||
           reason == Reason::kClientAborted || reason == Reason::kServerUnreachable;
}

}  // namespace

/// The box stands in for each end, and the two do not know each other's numbers yet: what a server
/// would take as it comes cannot be asked. But a client that holds its SYN-ACK keeps to the window
/// that was promised there, so that all of its data is held (or named as documented), and the
/// server's SYN-ACK to the SYN of this client is what the box waits for.
void World::check_drop_while_connecting(const Packet& packet, const flow::Flow& flow) {
    const Endpoint& client = end(Side::kOutside);
    const Endpoint& server = end(Side::kInside);
    const auto segment = read_frame(packet.frame, packet.from, scenario_.addresses);
    const bool is_clients_connection =
        client.is_synchronized() && client.peer_isn() == Number{flow.promise.sequence.value()};
    if (!segment || !is_clients_connection) {
        return;
    }
    if (packet.from == Side::kOutside) {
        if (!segment->syn && !segment->rst && segment->sequence_length() != 0) {
            fail("refused what a client sends while its server is connected");
        }
    } else if (segment->syn && segment->ack && server.state() == State::kSynReceived &&
               server.peer_isn() == client.isn()) {
        fail("refused the SYN-ACK for which a client waits");
    }
}

/// No segment is refused that its receiver would accept, nor one that its sender waits for to be
/// acknowledged and that its receiver would answer.
void World::check_drop(const Packet& packet, const flow::Flow* flow, Reason reason) {
    if (is_documented(reason)) {
        return;
    }
    if (packet.origin.incarnation != end(packet.from).incarnation() &&
        packet.origin.incarnation != kOldIncarnation) {
        return;  // its sender has gone on
    }
    if (flow != nullptr && flow->life() == flow::Phase::kConnecting) {
        return check_drop_while_connecting(packet, *flow);
    }
    if (state_.known[index(opposite(packet.from))].is_reset ||
        (flow == nullptr && state_.reset_counts)) {
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
            const bool is_one_connection = sender.is_synchronized() && receiver.is_synchronized() &&
                                           sender.isn() == receiver.peer_isn() &&
                                           receiver.isn() == sender.peer_isn();
            const bool is_awaited = is_one_connection && !segment->syn && !segment->rst &&
                                    segment->sequence_length() != 0 &&
                                    ahead(segment->sequence, sender.unacknowledged()) >= 0 &&
                                    flow != nullptr;
            if (receiver.is_too_old(segment->acknowledgment)) {
                return;  // an old one, which its sender sends again with a newer acknowledgment
            }
            if (is_awaited) {
                return fail("refused what its sender waits for to be acknowledged");
            }
            return;
        }
        case Treatment::kIgnored:
            return;
    }
}

}  // namespace synward::model
