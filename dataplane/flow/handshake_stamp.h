// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "flow/flow.h"
#include "tcp/time.h"

/// When a half-open flow was last given its patience, finer than its expiry tells: the expiry has
/// the time in steps of 67 ms, and twelve bits that mean nothing before a splice (cookie_mark and
/// promised_scale) have where in its step it was, in steps of 16.4 us.
namespace synward::flow {

inline constexpr unsigned kStampShift = 14;  // nanoseconds of a step, as a power of two
inline constexpr unsigned kStampBits = 12;
static_assert(std::int64_t{1} << (kStampShift + kStampBits) == CoarseTime::kStep);

/// No time is known.
inline void clear_stamp(Flow& flow) {
    flow.cookie_mark = 0;
    flow.promised_scale = 0;
}

/// The flow's expiry has been set at `now`. In Phase::kHalfOpen.
inline void stamp(Flow& flow, tcp::Time now) {
    const auto steps = static_cast<std::uint64_t>(now.time_since_epoch().count()) >> kStampShift;
    // Zero stands for no time.
    const auto fine = std::max(1U, static_cast<unsigned>(steps & ((1U << kStampBits) - 1)));
    flow.cookie_mark = fine & 0xffU;
    flow.promised_scale = (fine >> 8U) & 0xfU;
}

/// The time since the stamp, 33 us too long or short at most; nothing where none is known.
/// `patience` is what the expiry was set by: one longer than that makes the time longer, too.
inline std::optional<tcp::Duration> since_stamp(const Flow& flow, tcp::Time now,
                                                tcp::Duration patience) {
    const unsigned fine = flow.cookie_mark | (unsigned{flow.promised_scale} << 8U);
    if (fine == 0) {
        return std::nullopt;
    }
    constexpr std::uint64_t kCircle = (std::uint64_t{1} << (24 + kStampBits)) - 1;
    const std::uint64_t coarse = std::uint64_t{flow.expiry} - CoarseTime::steps_of(patience);
    const std::uint64_t began = (coarse << kStampBits) | fine;
    const auto steps = static_cast<std::uint64_t>(now.time_since_epoch().count()) >> kStampShift;
    const std::uint64_t elapsed = (steps - began) & kCircle;
    // Zero was written as one; and what lies beyond the patience is nonsense.
    if (elapsed == kCircle) {
        return tcp::Duration{};
    }
    const tcp::Duration duration{static_cast<std::int64_t>(elapsed << kStampShift)};
    return duration <= patience + std::chrono::seconds{1} ? std::optional{duration} : std::nullopt;
}

}  // namespace synward::flow
