// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <cstdint>

#include "tcp/time.h"

namespace synward::worker {

/// Where a worker's time comes from; read once a batch, never by the code that decides.
class Clock {
  public:
    enum class Source : std::uint8_t {
        kTsc,     ///< the processor's time stamp counter, set by the wall clock at the start
        kPacket,  ///< the packets' own time stamps: a capture replays to the same result
    };
    explicit Clock(Source source);

    [[nodiscard]] Source source() const { return source_; }
    /// kTsc: the time. kPacket: the time of the latest packet seen.
    [[nodiscard]] tcp::Time now() const;
    /// kPacket: takes the time of a packet that a port has stamped; time never goes back.
    void see(const rte_mbuf& packet);

  private:
    Source source_;
    std::uint64_t start_cycles_ = 0;
    double nanoseconds_per_cycle_ = 0;
    tcp::Time start_;
    tcp::Time latest_packet_;
    int stamp_offset_ = -1;
    std::uint64_t stamp_flag_ = 0;
};

}  // namespace synward::worker
