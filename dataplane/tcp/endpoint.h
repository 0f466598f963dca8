// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string_view>

namespace synward::tcp {

/// The state of one end of a connection as the box infers it from the segments that pass
/// (RFC 9293 section 3.3.2).
enum class EndpointState : std::uint8_t {
    kClosed,
    kListen,  ///< a server to which a SYN is under way
    kSynSent,
    kSynReceived,
    kEstablished,
    kFinWait1,
    kFinWait2,
    kCloseWait,
    kClosing,
    kLastAck,
    kTimeWait,
};
inline constexpr unsigned kEndpointStateCount = 11;

/// What moves an endpoint (the arrows of RFC 9293 figure 5). An endpoint is moved by what it sends
/// when the box sees it, and by what it has received once the box sees that it was received, or
/// where nothing would show it, when it passes.
enum class EndpointEvent : std::uint8_t {
    kSendsSyn,
    kSendsSynAck,
    kReceivesAckOfSyn,  ///< its own SYN is acknowledged
    kAcknowledgesSyn,   ///< it acknowledges the peer's SYN
    kSendsFin,
    kReceivesAckOfFin,  ///< its own FIN is acknowledged
    kAcknowledgesFin,   ///< it acknowledges the peer's FIN
    kResets,            ///< a RST that counts, sent or received
};
inline constexpr unsigned kEndpointEventCount = 8;

/// The state after `event`; the same state where the event means nothing in it.
EndpointState next_state(EndpointState state, EndpointEvent event);

std::string_view name(EndpointState state);

/// The endpoint has sent its FIN.
constexpr bool has_sent_fin(EndpointState state) {
    return state == EndpointState::kFinWait1 || state == EndpointState::kFinWait2 ||
           state == EndpointState::kClosing || state == EndpointState::kLastAck ||
           state == EndpointState::kTimeWait || state == EndpointState::kClosed;
}

/// The endpoint keeps a connection that a RST would end: not a listener, not one that is gone, and
/// not TIME_WAIT, which a RST must not cut short (RFC 1337).
constexpr bool is_freed_by_reset(EndpointState state) {
    return state != EndpointState::kClosed && state != EndpointState::kListen &&
           state != EndpointState::kTimeWait;
}

/// The endpoint has sent its FIN and acknowledged its peer's: it may be gone, and a new SYN may use
/// its ports again.
constexpr bool has_closed_both_ways(EndpointState state) {
    return state == EndpointState::kClosing || state == EndpointState::kLastAck ||
           state == EndpointState::kTimeWait || state == EndpointState::kClosed;
}

}  // namespace synward::tcp
