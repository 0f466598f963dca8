// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "flow/flow.h"
#include "wire/segment.h"

/// Follows an open connection: whether a segment belongs to it, and how it moves the two endpoints.
namespace synward::flow {

/// How a segment stands to its connection.
enum class Fit : std::uint8_t {
    kInside,                ///< within both windows
    kSequenceOutOfWindow,   ///< neither new data within the window nor a retransmission
    kAcknowledgmentUnsent,  ///< acknowledges what the other side has not sent
    kAcknowledgmentTooOld,  ///< older than its receiver takes for its own (RFC 5961 section 5)
    kExactReset,            ///< a RST at the very next sequence number (RFC 5961 section 3.2)
    kResetInWindow,         ///< a RST that the endpoint will answer with a challenge ACK
    kResetOutOfWindow,
};

/// The segment's acknowledgment number in the numbering of the side that it goes to: a client's
/// acknowledgments of a spliced connection speak of the numbers that the client was shown.
wire::SequenceNumber acknowledged(const Flow& flow, const wire::Segment& segment);

/// Judges without changing anything. For flows in Phase::kOpen and segments without SYN.
/// RFC 9293 section 3.10.7.4, RFC 5961 sections 3 and 5. The windows are upper bounds, so that no
/// segment is refused that its receiver would accept.
Fit judge(const Flow& flow, const wire::Segment& segment);

/// Whether a segment that `sender` has sent, in its own numbering, may still be on its way: it lies
/// no further behind what was seen of `sender` than a window, and not before it. For flows of any
/// phase in which `sender` has spoken. RFC 5927 section 4.1, for what ICMP errors quote.
bool may_be_in_flight(const Flow& flow, wire::Side sender, wire::SequenceNumber sequence);

/// Moves sequence numbers, windows and endpoint states by a segment that fits (kInside).
void follow(Flow& flow, const wire::Segment& segment);

/// judge() and follow() in one for the commonest case: data or an acknowledgment, neither end has
/// closed, and the segment fits. True: the flow has moved. False: it is as it was, and the long way
/// tells what the segment is.
bool follow_plainly(Flow& flow, const wire::Segment& segment);

/// Both ends of a connection were reset.
void follow_reset(Flow& flow);

/// One end at least has sent its FIN and acknowledged the other's, so that its peer may not know
/// the connection any more and a new SYN may reuse the ports (RFC 9293 section 3.6.1, RFC 6191).
bool may_be_reused(const Flow& flow);

/// A SYN that begins no further than its sender has come, and no more than a window behind: an old
/// duplicate, most likely of this very connection, which nobody takes for a new one (RFC 9293
/// section 3.6.1: the new ISN is larger than the last number used).
bool repeats_own_syn(const Flow& flow, const wire::Segment& syn);

/// The phases of a connection's life that have a time limit each.
enum class Patience : std::uint8_t { kEstablished, kHalfClosed, kClosing, kTimeWait };
Patience patience(const Flow& flow);

}  // namespace synward::flow
