// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace synward::flood {

/// SplitMix64 (Steele, Lea, Flood 2014): a bijection whose output passes the usual batteries.
constexpr std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
}

inline constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15ULL;

/// A deterministic sequence that costs about a nanosecond a number. Not for secrets.
class Random {
  public:
    constexpr explicit Random(std::uint64_t seed) : state_{mix(seed)} {}
    constexpr std::uint64_t next() { return mix(state_ += kGoldenRatio); }

  private:
    std::uint64_t state_;
};

/// Maps 32 random bits evenly to 0 .. bound-1; bound at most 2^32.
constexpr std::uint64_t below(std::uint32_t random_bits, std::uint64_t bound) {
    return (random_bits * bound) >> 32U;
}
constexpr std::uint32_t low_half(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}
constexpr std::uint32_t high_half(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32U);
}

}  // namespace synward::flood
