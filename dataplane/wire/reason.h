// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace synward::wire {

/// What became of a packet. Every packet received has one of the first four, exactly once:
/// received = forwarded + answered + held + dropped. What the box sends of its own is
/// `kOriginated`.
enum class Disposition : std::uint8_t { kForwarded, kAnswered, kHeld, kDropped, kOriginated };

/// Every reason for which a packet is forwarded, answered, held, dropped or sent, with the name
/// that counters, metrics and the command line show and a line for the reader. This is the only
/// list.
#define SYNWARD_REASONS(X)                                                                         \
    /* forwarded */                                                                                \
    X(kNotTcp, kForwarded, "not_tcp", "not TCP over IPv4 or IPv6")                                 \
    X(kIcmpError, kForwarded, "icmp_error", "ICMP error about a TCP segment")                      \
    X(kNotProtected, kForwarded, "not_protected", "TCP to or from an address of no service")       \
    X(kFragmentForwarded, kForwarded, "fragment_forwarded", "fragment let through by policy")      \
    X(kSynWithinBudget, kForwarded, "syn_within_budget", "SYN that took a credit of the budget")   \
    X(kSynUnchallenged, kForwarded, "syn_unchallenged",                                            \
      "SYN to a service that is never challenged")                                                 \
    X(kSynAllowed, kForwarded, "syn_allowed", "SYN of a source on the allow list")                 \
    X(kSynAdmitted, kForwarded, "syn_admitted",                                                    \
      "SYN of a source that has answered a challenge by reset")                                    \
    X(kSynAsks, kForwarded, "syn_asks",                                                            \
      "SYN let through to a port that has refused a while ago, to see if it still does")           \
    X(kSynMonitored, kForwarded, "syn_monitored", "SYN that monitor mode would have challenged")   \
    X(kSynRetransmitted, kForwarded, "syn_retransmitted", "SYN of a half-open connection, again")  \
    X(kSynOnLiveFlow, kForwarded, "syn_on_live_flow", "SYN on a connection that has not ended")    \
    X(kSynFromInside, kForwarded, "syn_from_inside", "SYN of a connection that a server opens")    \
    X(kSynAck, kForwarded, "syn_ack", "SYN-ACK that answers a SYN let through")                    \
    X(kHandshakeCompleted, kForwarded, "handshake_completed", "third segment of a handshake")      \
    X(kHandshakeUnproven, kForwarded, "handshake_unproven",                                        \
      "third segment to a server that is not seen, of a source that has proven nothing")           \
    X(kConnectionResumed, kForwarded, "connection_resumed",                                        \
      "segment of an admitted source that began a flow in the midst of its connection")            \
    X(kPickedUp, kForwarded, "picked_up",                                                          \
      "segment by which a connection from before the run is known again")                          \
    X(kCookieRedeemed, kForwarded, "cookie_redeemed",                                              \
      "ACK that redeemed a cookie, sent on as the SYN to the server")                              \
    X(kInConnection, kForwarded, "in_connection", "segment of an established connection")          \
    X(kFinPassed, kForwarded, "fin", "FIN of a connection")                                        \
    X(kReset, kForwarded, "reset", "RST of a connection")                                          \
    X(kServerRefused, kForwarded, "server_refused", "RST with which a server refuses a client")    \
    X(kChallengeAck, kForwarded, "challenge_ack", "ACK in reply to a SYN or RST (RFC 5961)")       \
    X(kHeldReleased, kForwarded, "held_released",                                                  \
      "held segment, delivered when the server answered")                                          \
    X(kMonitored, kForwarded, "monitored",                                                         \
      "segment that would be dropped if its service were not only monitored")                      \
    X(kWithoutFlow, kForwarded, "without_flow", "segment without a flow, let through by policy")   \
    /* answered */                                                                                 \
    X(kSynChallenged, kAnswered, "syn_challenged", "SYN answered with a cookie")                   \
    X(kSynChallengedByReset, kAnswered, "syn_challenged_by_reset",                                 \
      "SYN answered so that a real client resets it")                                              \
    X(kSynRefused, kAnswered, "syn_refused",                                                       \
      "SYN to a port that refused a moment ago, answered with a RST")                              \
    X(kServerConnected, kAnswered, "server_connected", "server's SYN-ACK acknowledged by the box") \
    X(kStaleServerReset, kAnswered, "stale_server_reset",                                          \
      "server's ACK of an older connection answered with a RST")                                   \
    X(kProbeAnswered, kAnswered, "probe_answered",                                                 \
      "server's SYN-ACK to a question of the box, answered with a RST")                            \
    /* held */                                                                                     \
    X(kAwaitingServer, kHeld, "awaiting_server", "client's segment kept until the server answers") \
    /* dropped: malformed */                                                                       \
    X(kIpv4HeaderLength, kDropped, "ipv4_header_length", "IPv4 header shorter than 20 or cut off") \
    X(kIpv4TotalLength, kDropped, "ipv4_total_length", "IPv4 total length lies")                   \
    X(kIpv4Checksum, kDropped, "ipv4_checksum", "IPv4 header checksum is wrong")                   \
    X(kIpv6Header, kDropped, "ipv6_header", "IPv6 header cut off or of another version")           \
    X(kIpv6MappedAddress, kDropped, "ipv6_mapped_address",                                         \
      "IPv6 packet from or to an IPv4-mapped address")                                             \
    X(kIpv6PayloadLength, kDropped, "ipv6_payload_length", "IPv6 payload length lies")             \
    X(kIpv6ExtensionChain, kDropped, "ipv6_extension_chain",                                       \
      "IPv6 extension headers cut off, too long or too many")                                      \
    X(kTcpHeaderTruncated, kDropped, "tcp_header_truncated", "TCP header cut off")                 \
    X(kTcpDataOffset, kDropped, "tcp_data_offset", "TCP data offset under 5 or beyond the packet") \
    X(kTcpOptionLength, kDropped, "tcp_option_length", "TCP option with an illegal length")        \
    X(kTcpChecksum, kDropped, "tcp_checksum", "TCP checksum is wrong")                             \
    X(kTcpNull, kDropped, "tcp_null", "TCP segment without any flag")                              \
    X(kTcpXmas, kDropped, "tcp_xmas", "FIN, PSH and URG together, without ACK")                    \
    X(kTcpFlags, kDropped, "tcp_flags", "TCP flags that no endpoint sends")                        \
    X(kPortZero, kDropped, "port_zero", "TCP port zero")                                           \
    X(kLandAttack, kDropped, "land_attack", "source equals destination")                           \
    X(kFragment, kDropped, "fragment", "fragment of a TCP segment to a protected address")         \
    /* dropped: by source */                                                                       \
    X(kSourceDenied, kDropped, "source_denied", "from a source on the deny list")                  \
    X(kSourceOverRate, kDropped, "source_over_rate",                                               \
      "of a source that makes connections too fast")                                               \
    X(kSourceOverConcurrent, kDropped, "source_over_concurrent",                                   \
      "of a source that has all connections that it may have")                                     \
    X(kAnswerLimit, kDropped, "answer_limit",                                                      \
      "SYN of a source that has been sent its answers of this second")                             \
    /* dropped: no such connection */                                                              \
    X(kAckWithoutFlow, kDropped, "ack_without_flow", "ACK of no known connection")                 \
    X(kDataWithoutFlow, kDropped, "data_without_flow", "data of no known connection")              \
    X(kFinWithoutFlow, kDropped, "fin_without_flow", "FIN of no known connection")                 \
    X(kResetWithoutFlow, kDropped, "reset_without_flow", "RST of no known connection")             \
    X(kSynAckWithoutFlow, kDropped, "syn_ack_without_flow", "SYN-ACK that answers no SYN")         \
    X(kPickUpAwaited, kDropped, "pick_up_awaited",                                                 \
      "segment of what may be a connection from before the run, whose other end is asked")         \
    X(kSourceNotAdmitted, kDropped, "source_not_admitted",                                         \
      "of no known connection to a server that is not seen, nor of an admitted source")            \
    X(kCookieInvalid, kDropped, "cookie_invalid", "ACK whose cookie is wrong or too old")          \
    X(kCookieNotOutstanding, kDropped, "cookie_not_outstanding",                                   \
      "ACK while the service has issued no cookie")                                                \
    /* dropped: by policy */                                                                       \
    X(kSynData, kDropped, "syn_data", "SYN with data, which its service does not take")            \
    X(kSynSigned, kDropped, "syn_signed",                                                          \
      "signed SYN (RFC 2385, RFC 5925), which nobody can answer in the server's place")            \
    X(kIcmpWithoutFlow, kDropped, "icmp_without_flow", "ICMP error about no known connection")     \
    /* dropped: has done its work */                                                               \
    X(kSourceAdmitted, kDropped, "source_admitted",                                                \
      "RST that answered a challenge: its source is admitted")                                     \
    /* dropped: not in this connection */                                                          \
    X(kSequenceOutOfWindow, kDropped, "sequence_out_of_window",                                    \
      "sequence number outside the window")                                                        \
    X(kAcknowledgmentUnsent, kDropped, "acknowledgment_unsent",                                    \
      "acknowledges what was never sent")                                                          \
    X(kIcmpOutOfWindow, kDropped, "icmp_out_of_window",                                            \
      "ICMP error about what its connection cannot have under way (RFC 5927)")                     \
    X(kSynAckUnacceptable, kDropped, "syn_ack_unacceptable",                                       \
      "SYN-ACK that acknowledges another SYN")                                                     \
    X(kSynAckAwaited, kDropped, "syn_ack_awaited",                                                 \
      "server's segment before the SYN-ACK that joins it to its client")                           \
    X(kResetOutOfWindow, kDropped, "reset_out_of_window", "RST outside the window (RFC 5961)")     \
    X(kClientAborted, kDropped, "client_aborted", "client's RST before its server was connected")  \
    X(kServerUnreachable, kDropped, "server_unreachable",                                          \
      "held segment of a silent server's client")                                                  \
    X(kAlreadyHeld, kDropped, "already_held", "repeats what is held for the server already")       \
    X(kProbeRefused, kDropped, "probe_refused", "server's RST to a question of the box")           \
    /* dropped: no room */                                                                         \
    X(kTableFull, kDropped, "table_full", "no room for a flow, and none that may give way")        \
    X(kHoldFull, kDropped, "hold_full", "no room to hold a client's segment")                      \
    X(kHandOverFull, kDropped, "hand_over_full", "the ring to the owning worker was full")         \
    X(kTransmitFull, kDropped, "transmit_full", "the port took no more packets")                   \
    X(kNoBuffer, kDropped, "no_buffer", "no packet buffer to work with")                           \
    X(kStopped, kDropped, "stopped", "still held when the run ended")                              \
    X(kKilled, kDropped, "killed", "held segment of a connection that the operator has ended")     \
    /* originated */                                                                               \
    X(kSynToServer, kOriginated, "syn_to_server", "SYN on behalf of a client whose ACK had data")  \
    X(kSynToServerAgain, kOriginated, "syn_to_server_again", "SYN to a silent server, again")      \
    X(kSynAckAgain, kOriginated, "syn_ack_again",                                                  \
      "SYN-ACK of a challenge to a client whose third segment has not come, again")                \
    X(kWindowUpdate, kOriginated, "window_update", "server's window told to the client")           \
    X(kResetToClient, kOriginated, "reset_to_client", "RST to a client whose server is silent")    \
    X(kProbe, kOriginated, "probe", "SYN that asks a server what it offers")                       \
    X(kPickUpQuestion, kOriginated, "pick_up_question",                                            \
      "segment that asks an end of what may be a connection from before the run for its numbers")  \
    X(kResetOnExpiryClient, kOriginated, "reset_on_expiry_client",                                 \
      "RST to the client of a connection whose time is over")                                      \
    X(kResetOnExpiryServer, kOriginated, "reset_on_expiry_server",                                 \
      "RST to the server of a connection whose time is over")                                      \
    X(kResetOnEviction, kOriginated, "reset_on_eviction",                                          \
      "RST to the server of a half-open connection that gave way in a full table")                 \
    X(kResetByOperatorClient, kOriginated, "reset_by_operator_client",                             \
      "RST to the client of a connection that the operator has ended")                             \
    X(kResetByOperatorServer, kOriginated, "reset_by_operator_server",                             \
      "RST to the server of a connection that the operator has ended")

enum class Reason : std::uint8_t {
#define SYNWARD_REASON_ENUMERATOR(enumerator, disposition, name, text) enumerator,
    SYNWARD_REASONS(SYNWARD_REASON_ENUMERATOR)
#undef SYNWARD_REASON_ENUMERATOR
};

struct ReasonDescription {
    Disposition disposition;
    std::string_view name;
    std::string_view text;
};

inline constexpr ReasonDescription kReasons[] = {
#define SYNWARD_REASON_DESCRIPTION(enumerator, disposition, name, text) \
    {Disposition::disposition, name, text},
    SYNWARD_REASONS(SYNWARD_REASON_DESCRIPTION)
#undef SYNWARD_REASON_DESCRIPTION
};
inline constexpr std::size_t kReasonCount = std::size(kReasons);

constexpr const ReasonDescription& description(Reason reason) {
    return kReasons[static_cast<std::size_t>(reason)];
}
constexpr Disposition disposition(Reason reason) {
    return description(reason).disposition;
}

}  // namespace synward::wire
