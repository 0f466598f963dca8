// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "tcp/time.h"
#include "wire/counter.h"

namespace synward::defense {

/// How often each length of time occurred: four buckets an octave, from 1 us to over a minute. One
/// thread writes, any reads.
class LatencyHistogram {
  public:
    static constexpr std::size_t kBuckets = 104;

    void record(tcp::Duration duration) {
        const std::int64_t nanoseconds = duration.count() > 0 ? duration.count() : 0;
        buckets_[bucket_of(nanoseconds)].add(1);
        sum_.add(static_cast<std::uint64_t>(nanoseconds));
    }

    /// Where a bucket ends, nanoseconds: the next one begins there. The last has no end.
    static constexpr std::uint64_t end_of(std::size_t bucket) { return begin_of(bucket + 1); }
    static constexpr std::size_t bucket_of(std::int64_t nanoseconds) {
        const std::uint64_t units = static_cast<std::uint64_t>(nanoseconds) >> kUnitShift;
        if (units < kInOctave) {
            return units;
        }
        const auto octave = static_cast<unsigned>(std::bit_width(units)) - 1;
        const std::size_t bucket =
            (octave - 1) * kInOctave + ((units >> (octave - 2)) & (kInOctave - 1));
        return bucket < kBuckets ? bucket : kBuckets - 1;
    }

    [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return buckets_[bucket].value(); }
    [[nodiscard]] std::uint64_t sum() const { return sum_.value(); }  ///< nanoseconds

  private:
    static constexpr unsigned kUnitShift = 10;
    static constexpr unsigned kInOctave = 4;

    static constexpr std::uint64_t begin_of(std::size_t bucket) {
        const std::uint64_t units = bucket < kInOctave ? bucket
                                                       : (kInOctave + bucket % kInOctave)
                                                             << (bucket / kInOctave - 1);
        return units << kUnitShift;
    }

    std::array<wire::Counter, kBuckets> buckets_;
    wire::Counter sum_;
};

}  // namespace synward::defense
