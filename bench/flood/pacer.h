// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>

namespace synward::flood {

/// Says how many packets are due. Two bounds hold together: a schedule counted from the start, so
/// that the rate does not drift whatever the caller's delays, and a bucket of about one
/// millisecond's worth, so that a delay is caught up over a while and not in one burst.
///
/// Time is in ticks of any clock that only grows.
class Pacer {
  public:
    /// `rate` in packets per second, greater than zero.
    Pacer(double rate, double ticks_per_second, std::uint64_t start)
        : packets_per_tick_{rate / ticks_per_second},
          depth_{kSmallestDepth + rate * kBurstSeconds},
          start_{start},
          last_{start} {}

    /// Packets that may be sent at `now`, not before the `now` of the last call.
    std::uint64_t due(std::uint64_t now) {
        const auto passed = static_cast<double>(now - last_);
        bucket_ = std::min(depth_, bucket_ + passed * packets_per_tick_ * kCatchUp);
        last_ = now;
        const double scheduled = static_cast<double>(now - start_) * packets_per_tick_ + kRounding;
        const double backlog = scheduled - static_cast<double>(spent_);
        return static_cast<std::uint64_t>(std::max(0.0, std::min(backlog, bucket_)));
    }
    /// Takes note of `packets` sent, at most those due.
    void spend(std::uint64_t packets) {
        spent_ += packets;
        bucket_ -= static_cast<double>(packets);
    }

  private:
    static constexpr double kBurstSeconds = 1e-3;
    /// At low rates, room for a packet that is not yet whole beside one that is: otherwise a caller
    /// who comes less than once a packet loses what does not fit.
    static constexpr double kSmallestDepth = 2;
    /// A packet is due at its tick even where the product falls short of it by a rounding error.
    static constexpr double kRounding = 1e-6;
    /// How much faster than the rate a delay is caught up.
    static constexpr double kCatchUp = 2;

    double packets_per_tick_;
    double depth_;
    std::uint64_t start_;
    std::uint64_t last_;
    std::uint64_t spent_ = 0;
    double bucket_ = 0;
};

}  // namespace synward::flood
