// SPDX-License-Identifier: BSD-3-Clause
#include "impair/lane.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "impair/fate.h"

namespace synward::impair {
namespace {

constexpr std::size_t kEthernetHeader = 14;

/// For a heap with the earliest on top; what is due at one time keeps its order.
bool is_later(const Lane::Entry& left, const Lane::Entry& right) {
    return left.due != right.due ? left.due > right.due : left.number > right.number;
}

void flip_bit(std::span<std::uint8_t> frame, std::uint32_t place) {
    if (frame.size() > kEthernetHeader) {
        const std::size_t bit = place % ((frame.size() - kEthernetHeader) * 8);
        frame[kEthernetHeader + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
}

double microseconds(Duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

Lane::Lane(const Impairment& impairment, std::uint64_t seed, std::uint32_t capacity,
           std::uint32_t longest)
    : impairment_{impairment},
      seed_{seed},
      longest_{longest},
      bytes_(std::size_t{capacity} * longest),
      free_(capacity) {
    // The lowest slots first, and again: those are in the cache.
    for (std::uint32_t slot = 0; slot < capacity; ++slot) {
        free_[slot] = capacity - 1 - slot;
    }
    queue_.reserve(capacity);
}

void Lane::arrive(std::span<const std::uint8_t> frame, Time now) {
    const Fate fate = fate_of(impairment_, seed_, counts_.seen++);
    if (fate.lost) {
        ++counts_.lost;
        return;
    }
    counts_.held_back += fate.held_back;
    counts_.corrupted += fate.corrupted;
    for (unsigned copy = 0; copy < (fate.duplicated ? 2U : 1U); ++copy) {
        counts_.duplicated += copy;
        if (free_.empty() || frame.size() > longest_) {
            ++counts_.overflowed;
            continue;
        }
        Time due = through_bottleneck(frame.size(), now) + impairment_.delay;
        if (fate.held_back) {
            due += impairment_.reorder_delay;
        } else {
            due = std::max(due + fate.jitter, last_in_order_);
            last_in_order_ = due;
        }
        enqueue(frame, due, fate.corrupted, fate.corrupt_place);
    }
}

void Lane::lose_third_segment() {
    ++counts_.seen;
    ++counts_.lost_third_segments;
}

Time Lane::through_bottleneck(std::size_t octets, Time now) {
    if (impairment_.rate <= 0) {
        return now;
    }
    const double seconds = static_cast<double>(octets) * 8 / impairment_.rate;
    bottleneck_free_ = std::max(bottleneck_free_, now) + Duration{std::llround(seconds * 1e9)};
    return bottleneck_free_;
}

void Lane::enqueue(std::span<const std::uint8_t> frame, Time due, bool corrupted,
                   std::uint32_t corrupt_place) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    const std::span<std::uint8_t> copy{&bytes_[std::size_t{slot} * longest_], frame.size()};
    std::memcpy(copy.data(), frame.data(), frame.size());
    if (corrupted) {
        flip_bit(copy, corrupt_place);
    }
    queue_.push_back({due, next_number_++, slot, static_cast<std::uint32_t>(frame.size())});
    std::push_heap(queue_.begin(), queue_.end(), is_later);
}

std::optional<Time> Lane::next_due() const {
    return queue_.empty() ? std::nullopt : std::optional{queue_.front().due};
}

std::size_t Lane::take_due(Time now, std::span<Entry> entries) {
    std::size_t count = 0;
    while (count < entries.size() && !queue_.empty() && queue_.front().due <= now) {
        entries[count++] = queue_.front();
        std::pop_heap(queue_.begin(), queue_.end(), is_later);
        queue_.pop_back();
    }
    return count;
}

std::span<const std::uint8_t> Lane::frame(const Entry& entry) const {
    return {&bytes_[std::size_t{entry.slot} * longest_], entry.length};
}

void Lane::sent(const Entry& entry, Time now) {
    if (counts_.sent != 0 && entry.number < latest_sent_) {
        ++counts_.overtaken;
    }
    latest_sent_ = std::max(latest_sent_, entry.number);
    ++counts_.sent;
    late_sum_ += now - entry.due;
    late_max_ = std::max<Duration>(late_max_, now - entry.due);
    release(entry);
}

void Lane::refused(const Entry& entry) {
    ++counts_.refused;
    release(entry);
}

Counts Lane::counts() const {
    Counts counts = counts_;
    counts.left = queue_.size();
    counts.late_us_max = microseconds(late_max_);
    counts.late_us_mean =
        counts.sent == 0 ? 0 : microseconds(late_sum_) / static_cast<double>(counts.sent);
    return counts;
}

}  // namespace synward::impair
