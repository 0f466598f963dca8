// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

namespace synward::impair {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = std::chrono::nanoseconds;

/// What the wire does to the packets of one direction. Each packet meets its fate independently of
/// all others; shares are of 1.
struct Impairment {
    Duration delay{};          ///< from end to end
    Duration jitter{};         ///< evenly up to so much more; packets keep their order
    double loss = 0;           ///< lost
    double duplicate = 0;      ///< sent twice, one behind the other
    double reorder = 0;        ///< held back by `reorder_delay`, so that later ones overtake
    Duration reorder_delay{};  ///< on top of the delay
    double corrupt = 0;        ///< one bit behind the Ethernet header flipped
    double rate = 0;           ///< bits of Ethernet frames per second; 0: unlimited
};

/// What became of one direction's packets.
/// seen + duplicated = lost + lost_third_segments + overflowed + sent + refused + left.
struct Counts {
    std::uint64_t seen = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_third_segments = 0;
    std::uint64_t overflowed = 0;  ///< found the queue full
    std::uint64_t duplicated = 0;  ///< second copies
    std::uint64_t corrupted = 0;
    std::uint64_t held_back = 0;  ///< to be overtaken
    std::uint64_t overtaken = 0;  ///< left behind one that had arrived later
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;  ///< the device did not take them
    std::uint64_t left = 0;     ///< in the queue at the end
    std::uint64_t missed = 0;   ///< never seen: came faster than they were read
    double late_us_mean = 0;    ///< sent so long after they were due
    double late_us_max = 0;
};

}  // namespace synward::impair
