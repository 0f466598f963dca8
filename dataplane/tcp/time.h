// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

namespace synward::tcp {

/// The data plane's time: an argument, never read from a clock below worker/. Counted from the Unix
/// epoch, so that boxes which share a master secret agree on the epochs of their cookies; it never
/// steps back while a worker runs.
struct BatchClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<BatchClock, duration>;
    static constexpr bool is_steady = true;
};
using Time = BatchClock::time_point;
using Duration = BatchClock::duration;

}  // namespace synward::tcp
