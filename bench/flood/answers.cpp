// SPDX-License-Identifier: BSD-3-Clause
#include "flood/answers.h"

#include "wire/parse.h"

namespace synward::flood {

void count_answer(std::span<const std::uint8_t> contiguous, std::uint32_t frame_length,
                  AnswerCounts& counts) {
    wire::Segment segment;
    const auto result = wire::parse(contiguous, frame_length, wire::Side::kInside, segment);
    const bool is_tcp = result.kind == wire::FrameKind::kTcp;
    if (is_tcp && segment.has(wire::kRst)) {
        ++counts.rst;
    } else if (is_tcp && segment.has(wire::kSyn) && segment.has(wire::kAck)) {
        ++counts.syn_ack;
    } else {
        ++counts.other;
    }
}

}  // namespace synward::flood
