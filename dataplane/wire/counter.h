// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>

namespace synward::wire {

/// A number that one thread writes and others read: relaxed, without locked instructions.
class Counter {
  public:
    Counter() = default;
    /// Copies the value; the copy has a writer of its own.
    Counter(const Counter& other) : value_{other.value()} {}
    Counter& operator=(const Counter& other) {
        set(other.value());
        return *this;
    }

    [[gnu::always_inline]] void add(std::uint64_t amount) { set(value() + amount); }
    void subtract(std::uint64_t amount) { set(value() - amount); }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace synward::wire
