// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "defense/remembered_syns.h"
#include "tcp/cookie.h"
#include "tcp/splice.h"
#include "wire/reason.h"
#include "wire/sequence_number.h"
#include "wire/tcp_options.h"

namespace synward::defense {

/// What the rewrite stage does with a segment.
enum class Action : std::uint8_t {
    kForward,             ///< to the other port, as it is
    kSplice,              ///< to the other port, translated
    kForwardWithoutData,  ///< a SYN, to the other port without its data
    kSpliceIcmpError,     ///< to the other port, what it quotes translated
    kDrop,
    kAnswerSyn,      ///< back as a SYN-ACK that carries a cookie
    kAnswerRefused,  ///< back as the RST with which a closed port answers a SYN
    kConnectServer,  ///< a cookie was redeemed: SYN to the server, hold what data the segment has
    kHold,           ///< keep until the server answers
    kJoin,  ///< the server's SYN-ACK: acknowledge it, tell the client of the server's window,
            ///< release what is held
    kAnswerReset,   ///< back as a RST, and the SYN to the server once more
    kResetSender,   ///< back as a RST
    kAbortServer,   ///< the client's RST before it was connected, without its cookie's number
    kRefuseClient,  ///< the server's RST to a SYN of the box, in the numbers that the client knows
};

/// The decision about one segment: what to do, and why. It carries all that the rewrite stage
/// needs, since the flow may have moved on by then.
struct alignas(64) Verdict {
    Action action = Action::kDrop;
    wire::Reason reason = wire::Reason::kNotTcp;
    bool ecn = false;          ///< kAnswerSyn: the SYN-ACK accepts ECN
    std::uint16_t window = 0;  ///< kAnswerSyn, kJoin (to the server): as in the header
    union {
        std::uint32_t remembered = RememberedSyns::kNone;  ///< kAnswerSyn: to be kept under
        /// kConnectServer, kHold, kJoin, kAnswerReset: number in the pool.
        std::uint32_t connecting;
    };
    wire::SequenceNumber sequence;          ///< kAnswerSyn and all that send a RST
    wire::SequenceNumber acknowledgment;    ///< kAnswerSyn, kRefuseClient: of the answer
    wire::HandshakeOptions options;         ///< kAnswerSyn
    tcp::Translation translation;           ///< kSplice, kSpliceIcmpError, kJoin
    std::uint32_t timestamp_to_server = 0;  ///< kJoin: the client's latest TSval
};
static_assert(sizeof(Verdict) == 64);

}  // namespace synward::defense
