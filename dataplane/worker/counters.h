// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "wire/counter.h"
#include "wire/reason.h"

namespace synward::worker {

using wire::Counter;

/// Sums of counters at one moment, of one worker or of several.
struct Totals {
    std::array<std::uint64_t, wire::kReasonCount> by_reason{};
    std::uint64_t received = 0;
    std::uint64_t taken_over = 0;   ///< from other workers
    std::uint64_t handed_over = 0;  ///< to other workers
    std::uint64_t held_now = 0;
    std::uint64_t originated_lost = 0;      ///< own packets that the port did not take
    std::uint64_t uncounted_at_source = 0;  ///< connections beyond the table of sources
    std::uint64_t batches = 0;              ///< bursts received that were not empty
    std::uint64_t full_batches = 0;         ///< of them, those that left more in the queue
    std::uint64_t busy = 0;                 ///< nanoseconds of turns that found packets
    std::uint64_t turns = 0;                ///< a worker that lives makes some

    Totals& operator+=(const Totals& other);
    [[nodiscard]] std::uint64_t sum(wire::Disposition disposition) const;
    /// received + taken over = forwarded + answered + held + dropped + handed over.
    [[nodiscard]] bool every_packet_is_accounted_for() const;
};

/// What one worker has done with its packets. Written by that worker, read by any thread.
class alignas(64) Counters {
  public:
    Counter received;
    Counter taken_over;
    Counter handed_over;
    Counter held_now;
    Counter originated_lost;
    Counter uncounted_at_source;
    Counter batches;
    Counter full_batches;
    Counter busy;
    Counter turns;

    void count(wire::Reason reason, std::uint64_t packets = 1) {
        by_reason_[static_cast<std::size_t>(reason)].add(packets);
    }
    [[nodiscard]] Totals totals() const;

  private:
    std::array<Counter, wire::kReasonCount> by_reason_;
};

}  // namespace synward::worker
