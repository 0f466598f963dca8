// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "tcp/time.h"
#include "worker/counters.h"

namespace synward::worker {

/// How long a worker was busy: the time of turns that found packets, from the times that it reads
/// anyway. What an idle worker sleeps does not count. One worker's thread.
class BusyTime {
  public:
    /// There are packets to be worked on.
    void begin(tcp::Time now) {
        if (!is_busy_) {
            is_busy_ = true;
            since_ = now;
        }
    }
    /// A turn ends. What follows it is busy time only if it begins a busy turn at once.
    void end_turn(tcp::Time now, bool found_packets, Counter& nanoseconds) {
        if (is_busy_ && found_packets) {
            nanoseconds.add(static_cast<std::uint64_t>((now - since_).count()));
            since_ = now;
        }
        is_busy_ = found_packets;
    }

  private:
    bool is_busy_ = false;
    tcp::Time since_;
};

}  // namespace synward::worker
