// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "impair/impairment.h"

namespace synward::impair {

/// One direction of the wire: frames come in, and go out when, and as, the impairment says.
class Lane {
  public:
    /// A frame on its way.
    struct Entry {
        Time due;
        std::uint64_t number;  ///< in order of arrival
        std::uint32_t slot;
        std::uint32_t length;
    };

    /// At most `capacity` frames, of at most `longest` bytes each, on their way at one time.
    Lane(const Impairment& impairment, std::uint64_t seed, std::uint32_t capacity,
         std::uint32_t longest);

    /// A frame has come; `now` never goes back.
    void arrive(std::span<const std::uint8_t> frame, Time now);
    /// A frame has come and is lost, for another reason than bad luck.
    void lose_third_segment();

    /// When the next frame is due, if any is on its way.
    [[nodiscard]] std::optional<Time> next_due() const;
    /// Moves what is due out of the queue, earliest first, as far as `entries` has room; returns
    /// how many. Each must be given to sent() or refused() then.
    std::size_t take_due(Time now, std::span<Entry> entries);
    [[nodiscard]] std::span<const std::uint8_t> frame(const Entry& entry) const;
    void sent(const Entry& entry, Time now);
    void refused(const Entry& entry);

    /// So far; what is on its way counts as left.
    [[nodiscard]] Counts counts() const;

  private:
    void enqueue(std::span<const std::uint8_t> frame, Time due, bool corrupted,
                 std::uint32_t corrupt_place);
    void release(const Entry& entry) { free_.push_back(entry.slot); }
    /// When a frame that came now is through the bottleneck.
    Time through_bottleneck(std::size_t octets, Time now);

    Impairment impairment_;
    std::uint64_t seed_;
    std::uint32_t longest_;
    std::vector<std::uint8_t> bytes_;  ///< slots of `longest_`
    std::vector<std::uint32_t> free_;
    std::vector<Entry> queue_;  ///< a heap, the earliest on top
    Time bottleneck_free_{};
    Time last_in_order_{};
    std::uint64_t next_number_ = 0;
    std::uint64_t latest_sent_ = 0;
    Duration late_sum_{};
    Duration late_max_{};
    Counts counts_;
};

}  // namespace synward::impair
