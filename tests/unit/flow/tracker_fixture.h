// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>

#include "flow/tracker.h"
#include "wire/headers.h"

namespace synward::flow {

using wire::kAck, wire::kFin, wire::kPsh, wire::kRst;
using wire::Side;
using State = tcp::EndpointState;

/// Where each side's numbers begin, so that a transcript can be told in small ones.
struct Origin {
    std::uint32_t outside = 0x1000'0000;
    std::uint32_t inside = 0x7000'0000;
    std::uint32_t delta = 0;  ///< of a spliced connection

    /// An established connection: the number 1 is the next of either side.
    [[nodiscard]] Flow established(std::uint32_t window = 65'535) const {
        Flow flow{};
        flow.enter(Phase::kOpen);
        flow.set_state(Side::kOutside, State::kEstablished);
        flow.set_state(Side::kInside, State::kEstablished);
        flow.next_of(Side::kOutside) = wire::SequenceNumber{outside + 1};
        flow.next_of(Side::kInside) = wire::SequenceNumber{inside + 1};
        flow.window[0].raise(window);
        flow.window[1].raise(window);
        flow.splice = {.sequence_delta = delta, .timestamp_delta = 0};
        flow.spliced = delta != 0;
        return flow;
    }
    /// A segment in numbers that count from its sender's and its receiver's origin.
    [[nodiscard]] wire::Segment segment(Side from, unsigned flags, std::uint32_t sequence,
                                        std::uint32_t acknowledgment, std::size_t length = 0,
                                        unsigned window = 500) const {
        wire::Segment result;
        result.from = from;
        result.flags = static_cast<std::uint8_t>(flags);
        const bool to_server = from == Side::kOutside;
        result.sequence = wire::SequenceNumber{(to_server ? outside : inside) + sequence};
        result.acknowledgment =
            wire::SequenceNumber{(to_server ? inside + delta : outside) + acknowledgment};
        result.payload_length = static_cast<std::uint16_t>(length);
        result.window = static_cast<std::uint16_t>(window);
        return result;
    }
};

inline void PrintTo(Fit fit, std::ostream* out) {
    constexpr const char* kNames[]{
        "inside",      "sequence out of window", "ack of unsent",      "ack too old",
        "exact reset", "reset in window",        "reset out of window"};
    *out << kNames[static_cast<unsigned>(fit)];
}

}  // namespace synward::flow
