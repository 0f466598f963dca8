// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

/// What the ranges of keys are counted in: bytes, and microseconds.
namespace synward::config {

inline constexpr std::uint64_t kKi = 1 << 10;
inline constexpr std::uint64_t kMi = 1 << 20;
inline constexpr std::uint64_t kMebibyte = 1 << 20;
inline constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40;
inline constexpr std::uint64_t kMillisecond = 1'000;
inline constexpr std::uint64_t kSecond = 1'000'000;
inline constexpr std::uint64_t kMinute = 60 * kSecond;
inline constexpr std::uint64_t kHour = 60 * kMinute;

}  // namespace synward::config
