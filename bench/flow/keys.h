// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "support/random.h"
#include "wire/four_tuple.h"

namespace synward::bench {

inline constexpr std::size_t kBatch = 32;

template <typename Item>
using Batch = std::array<Item, kBatch>;

inline wire::FourTuple tuple_number(std::uint32_t number) {
    wire::FourTuple tuple{
        .outside_address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18}},
        .inside_address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}},
        .outside_port = static_cast<std::uint16_t>(number),
        .inside_port = 443};
    tuple.outside_address.bytes[14] = static_cast<std::uint8_t>(number >> 24U);
    tuple.outside_address.bytes[15] = static_cast<std::uint8_t>(number >> 16U);
    return tuple;
}

/// A million keys at random out of `count` from `first` on, as batches in a circle: made
/// beforehand, read in order and asked for two batches ahead, as a packet's key is in the cache
/// when it is looked up.
class Keys {
  public:
    Keys(std::uint32_t first, std::uint32_t count) : batches_(1U << 15U) {
        Random random;
        for (Batch<wire::FourTuple>& batch : batches_) {
            for (wire::FourTuple& tuple : batch) {
                tuple = tuple_number(first + random.below(count));
            }
        }
    }
    const Batch<wire::FourTuple>& next() {
        next_ = (next_ + 1) % batches_.size();
        const Batch<wire::FourTuple>& coming = batches_[(next_ + 2) % batches_.size()];
        for (std::size_t byte = 0; byte < sizeof coming; byte += 64) {
            __builtin_prefetch(reinterpret_cast<const std::byte*>(&coming) + byte);
        }
        return batches_[next_];
    }

  private:
    std::vector<Batch<wire::FourTuple>> batches_;
    std::size_t next_ = 0;
};
/// No key of a table.
inline constexpr std::uint32_t kAbsent = 1U << 30U;

/// How many flows lie in a table of this capacity.
inline std::uint32_t resident_at(std::int64_t capacity) {
    return static_cast<std::uint32_t>(capacity * 85 / 100);
}

template <typename Item>
Batch<const Item*> pointers_to(const Batch<Item>& items) {
    Batch<const Item*> pointers;
    for (std::size_t i = 0; i < kBatch; ++i) {
        pointers[i] = &items[i];
    }
    return pointers;
}

inline Batch<wire::FourTuple> tuples_from(std::uint32_t first) {
    Batch<wire::FourTuple> tuples;
    for (wire::FourTuple& tuple : tuples) {
        tuple = tuple_number(first++);
    }
    return tuples;
}

/// What a flow is besides its key.
using State = std::array<std::uint8_t, 28>;

}  // namespace synward::bench
