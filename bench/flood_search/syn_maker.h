// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "support/traffic.h"

namespace synward::bench {

/// Makes SYNs that differ in source and sequence number, with the time at which each was made as
/// its TSval: a SYN-ACK echoes it (RFC 7323 section 3), so that its delay can be told without
/// keeping anything of the SYN.
class SynMaker {
  public:
    /// Time as a TSval has it: steps of 64 cycles of the time stamp counter.
    static constexpr unsigned kStep = 6;

    explicit SynMaker(unsigned services);

    /// Writes the next SYN to `frame` (of kRoom bytes at least), made at `cycles`; its length.
    std::uint32_t write_next(std::uint8_t* frame, std::uint64_t cycles);
    static constexpr std::size_t kRoom = 128;

    /// Cycles since the SYN was made that this frame answers; nothing where it is no SYN-ACK.
    static std::optional<std::uint64_t> delay_of(std::span<const std::uint8_t> frame,
                                                 std::uint64_t cycles);

  private:
    std::array<std::uint8_t, kRoom> template_{};
    std::uint32_t length_ = 0;
    unsigned timestamps_ = 0;  ///< where in the frame the TSval lies
    wire::Segment segment_;
    unsigned services_;
    Random random_;
};

}  // namespace synward::bench
