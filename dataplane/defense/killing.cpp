// SPDX-License-Identifier: BSD-3-Clause
//
// The end of a connection at its operator's command.
#include "defense/defender.h"

namespace synward::defense {

using tcp::EndpointState;
using wire::Reason;
using wire::Side;

Defender::Killed Defender::kill(flow::Flow& flow) {
    Killed killed;
    switch (flow.life()) {
        case flow::Phase::kHalfOpen:
            killed.is_inside_reset =
                reset_half_open_end(flow, Side::kInside, Reason::kResetByOperatorServer);
            killed.is_outside_reset =
                reset_half_open_end(flow, Side::kOutside, Reason::kResetByOperatorClient);
            break;
        case flow::Phase::kConnecting:
            killed.connecting = flow.held_index();
            break;
        case flow::Phase::kOpen:
            // Of a connection seen from one side alone the other's numbers are not known.
            if (!flow.one_sided && link_headers_.find(flow.tuple.inside_address) != nullptr) {
                const auto is_reset = [&](Side side, Reason reason) {
                    const std::size_t room = originations_.room();
                    reset_end(flow, side, reason);
                    return originations_.room() != room;
                };
                killed.is_inside_reset = is_reset(Side::kInside, Reason::kResetByOperatorServer);
                killed.is_outside_reset = is_reset(Side::kOutside, Reason::kResetByOperatorClient);
            }
            break;
    }
    remove(flow, Reason::kKilled);
    return killed;
}

/// RFC 9293 section 3.10.7.3: in SYN-SENT only a RST that acknowledges the SYN counts; section
/// 3.10.7.4: in SYN-RECEIVED its sequence number must be the next one. The opener may be in either,
/// as nothing shows whether the SYN-ACK has reached it, so its RST suits both.
bool Defender::reset_half_open_end(const flow::Flow& flow, Side to, Reason reason) {
    const bool is_opener = to == flow.opener();
    const bool has_answer = flow.state(opposite(flow.opener())) == EndpointState::kSynReceived;
    if (!is_opener && !has_answer) {
        return false;  // whether the SYN has made a connection there is not known
    }
    const auto next_of = [&](Side side) { return flow.next[static_cast<unsigned>(side)]; };
    const LinkHeader* const link = link_headers_.find(flow.tuple.inside_address);
    return link != nullptr &&
           originations_.add(
               {.reason = reason,
                .tuple = flow.tuple,
                .to = to,
                .fields = {.sequence = is_opener && !has_answer ? wire::SequenceNumber{0}
                                                                : next_of(opposite(to)),
                           .acknowledgment = next_of(to),
                           .flags = wire::kRst | wire::kAck},
                .options = {},
                .link = *link});
}

}  // namespace synward::defense
