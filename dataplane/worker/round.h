// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>

#include "tcp/time.h"

namespace synward::worker {

/// Paces a walk over many places: all of them once in a given time, a few at each call.
class Round {
  public:
    Round(std::uint32_t places, tcp::Duration duration, tcp::Time start)
        : places_{places}, duration_{duration}, last_{start} {}

    /// How many places to look at now; after a long pause all, once.
    std::uint32_t places_due(tcp::Time now) {
        const tcp::Duration elapsed = std::clamp(now - last_, tcp::Duration{}, duration_);
        const auto due = static_cast<std::uint32_t>(
            std::int64_t{places_} * (elapsed.count() >> kGrain) / (duration_.count() >> kGrain));
        if (due != 0) {
            last_ = now;
        }
        return due;
    }

  private:
    // Microseconds or so are fine enough, and keep the product within 64 bits.
    static constexpr unsigned kGrain = 10;

    std::uint32_t places_;
    tcp::Duration duration_;
    tcp::Time last_;
};

}  // namespace synward::worker
