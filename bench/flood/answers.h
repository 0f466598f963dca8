// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace synward::flood {

/// What came back to the port that a flood was sent from.
struct AnswerCounts {
    std::uint64_t syn_ack = 0;
    std::uint64_t rst = 0;
    std::uint64_t other = 0;  ///< all else, such as ARP, neighbour discovery and other segments

    friend bool operator==(const AnswerCounts&, const AnswerCounts&) = default;
};

/// Adds the frame whose first piece is `contiguous`, of `frame_length` bytes in all.
void count_answer(std::span<const std::uint8_t> contiguous, std::uint32_t frame_length,
                  AnswerCounts& counts);

}  // namespace synward::flood
