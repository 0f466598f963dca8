// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

namespace synward::fuzz {

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers on every machine.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_{seed} {}
    std::uint64_t next() {
        std::uint64_t value = state_ += 0x9e37'79b9'7f4a'7c15U;
        value = (value ^ (value >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d0'49bb'1331'11ebU;
        return value ^ (value >> 31U);
    }
    /// 0 to bound-1; `bound` at least 1.
    std::size_t below(std::size_t bound) { return next() % bound; }
    bool one_in(std::size_t chances) { return below(chances) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(next()); }

  private:
    std::uint64_t state_;
};

}  // namespace synward::fuzz
