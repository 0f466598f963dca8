// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "tcp/aes128.h"

namespace synward::flow {

/// One cache line of the index: twelve entries, each of a tag and a place, and counters of the keys
/// that belong here and had to go to their secondary bucket. An entry whose tag is zero is empty.
struct alignas(64) Bucket {
    static constexpr unsigned kEntries = 12;
    static constexpr std::uint32_t kMostPlaces = 1U << 24U;

    std::array<std::uint16_t, kEntries> tags;
    std::array<std::array<std::uint8_t, 3>, kEntries> places;  ///< little-endian
    /// Eight of four bits, by the low bits of the tag.
    std::uint32_t displaced;

    /// The entries that have this tag, as bits for first_of().
    [[nodiscard]] std::uint32_t matches(std::uint32_t tag) const {
#if defined(__AVX2__)
        const __m256i found = _mm256_load_si256(reinterpret_cast<const __m256i*>(this));
        const __m256i wanted = _mm256_set1_epi16(static_cast<std::int16_t>(tag));
        const __m256i equal = _mm256_cmpeq_epi16(found, wanted);
        return std::bit_cast<std::uint32_t>(_mm256_movemask_epi8(equal)) & kEntryBits;
#else
        std::uint32_t found = 0;
        for (unsigned entry = 0; entry < kEntries; ++entry) {
            found |= std::uint32_t{tags[entry] == tag} << (2 * entry);
        }
        return found;
#endif
    }
    /// The number of the lowest entry in `matches` (not zero).
    static constexpr std::size_t first_of(std::uint32_t matches) {
        return static_cast<std::size_t>(std::countr_zero(matches)) / 2;
    }
    [[nodiscard]] std::uint32_t place(std::size_t entry) const {
        const auto& [low, middle, high] = places[entry];
        return low | std::uint32_t{middle} << 8U | std::uint32_t{high} << 16U;
    }

    /// Whether some key with such a tag has gone to its secondary bucket.
    [[nodiscard]] bool has_displaced(std::uint32_t tag) const {
        return ((displaced >> counter_shift(tag)) & kCounterTop) != 0;
    }
    /// A counter that has reached its top stays there: it can only cost a needless look.
    void count_displaced(std::uint32_t tag) {
        if (((displaced >> counter_shift(tag)) & kCounterTop) != kCounterTop) {
            displaced += 1U << counter_shift(tag);
        }
    }
    void uncount_displaced(std::uint32_t tag) {
        if (((displaced >> counter_shift(tag)) & kCounterTop) != kCounterTop) {
            displaced -= 1U << counter_shift(tag);
        }
    }
    /// False when every entry is taken.
    bool add(std::uint32_t tag, std::uint32_t place) {
        const std::uint32_t empty = matches(0);
        if (empty == 0) {
            return false;
        }
        const std::size_t entry = first_of(empty);
        tags[entry] = static_cast<std::uint16_t>(tag);
        places[entry] = {static_cast<std::uint8_t>(place), static_cast<std::uint8_t>(place >> 8U),
                         static_cast<std::uint8_t>(place >> 16U)};
        return true;
    }
    /// False when the entry is not here.
    bool remove(std::uint32_t tag, std::uint32_t place) {
        for (std::uint32_t found = matches(tag); found != 0; found &= found - 1) {
            const std::size_t entry = first_of(found);
            if (this->place(entry) == place) {
                tags[entry] = 0;
                places[entry] = {};
                return true;
            }
        }
        return false;
    }

  private:
    static constexpr std::uint32_t kEntryBits = 0x55'5555;
    static constexpr std::uint32_t kCounterTop = 15;
    static constexpr unsigned counter_shift(std::uint32_t tag) {
        return 4U * (tag & 7U);
    }
};
static_assert(sizeof(Bucket) == 64);

/// From keyed hashes to places in an array: two buckets for each key, of which the primary is taken
/// while it has room. It knows no keys: a match of tags is for the caller to check.
class Index {
  public:
    /// Where a key may be. The buckets always differ.
    struct Location {
        std::uint32_t primary;
        std::uint32_t secondary;
        std::uint32_t tag;
    };

    /// For places below `capacity` (1-2^24); `buckets` has bucket_count(capacity) of them.
    Index(Bucket* buckets, std::uint32_t capacity)
        : buckets_{buckets}, bucket_count_{bucket_count(capacity)} {}

    /// Enough that 89 % of the entries are taken when every place is.
    static constexpr std::uint32_t bucket_count(std::uint32_t capacity) {
        constexpr std::uint32_t kHundredths = Bucket::kEntries * 89;
        const auto buckets = (std::uint64_t{capacity} * 100 + kHundredths - 1) / kHundredths;
        return std::max(2U, static_cast<std::uint32_t>(buckets));
    }

    /// The top 16 bits of a hash choose the worker, so all keys of a table may have them in common:
    /// they are not used here.
    [[nodiscard]] Location locate(const tcp::Block& hash) const {
        const std::uint32_t primary = scaled(static_cast<std::uint32_t>(hash.high), bucket_count_);
        const std::uint32_t step =
            1 + scaled(static_cast<std::uint32_t>(hash.low), bucket_count_ - 1);
        const std::uint32_t beyond = primary + step;
        const auto tag_bits = static_cast<std::uint32_t>(hash.high >> 32U) & 0xffffU;
        return {.primary = primary,
                .secondary = beyond < bucket_count_ ? beyond : beyond - bucket_count_,
                .tag = 1 + ((tag_bits * 0xffffU) >> 16U)};  // never zero
    }

    void prefetch_primary(const tcp::Block& hash) const {
        __builtin_prefetch(&buckets_[scaled(static_cast<std::uint32_t>(hash.high), bucket_count_)]);
    }
    void prefetch_secondary(const Location& location) const {
        __builtin_prefetch(&buckets_[location.secondary]);
    }

    /// The entries of one of the key's buckets that have its tag, as bits for place_of().
    [[nodiscard]] std::uint32_t matches(std::uint32_t bucket, const Location& location) const {
        return buckets_[bucket].matches(location.tag);
    }
    /// Only then the secondary bucket needs a look.
    [[nodiscard]] bool may_be_displaced(const Location& location) const {
        return buckets_[location.primary].has_displaced(location.tag);
    }
    /// The place that the lowest of the matches (not zero) names.
    [[nodiscard]] std::uint32_t place_of(std::uint32_t bucket, std::uint32_t matches) const {
        return buckets_[bucket].place(Bucket::first_of(matches));
    }

    /// Enters a key that is not there. False when both of its buckets are full; make_room() may
    /// help.
    bool add(const Location& location, std::uint32_t place) {
        if (buckets_[location.primary].add(location.tag, place)) {
            return true;
        }
        if (!buckets_[location.secondary].add(location.tag, place)) {
            return false;
        }
        buckets_[location.primary].count_displaced(location.tag);
        return true;
    }

    /// Removes a key that is there at `place`.
    void remove(const Location& location, std::uint32_t place) {
        if (!buckets_[location.primary].remove(location.tag, place) &&
            buckets_[location.secondary].remove(location.tag, place)) {
            buckets_[location.primary].uncount_displaced(location.tag);
        }
    }

    /// Moves keys that are in the way to their other buckets, one or, where that does not do, two;
    /// looks at no more than 312 of them. `hash_of(place)` is the hash of the key that is there.
    /// False when there is no room so near.
    template <typename HashOf>
    bool make_room(const Location& location, HashOf&& hash_of) {
        for (const unsigned further : {0U, 1U}) {
            if (vacate(location.primary, further, hash_of) ||
                vacate(location.secondary, further, hash_of)) {
                return true;
            }
        }
        return false;
    }

  private:
    /// `bits` of 2^32 as a share of `count`.
    static constexpr std::uint32_t scaled(std::uint32_t bits, std::uint32_t count) {
        return static_cast<std::uint32_t>((std::uint64_t{bits} * count) >> 32U);
    }
    /// Frees an entry of a full bucket, after doing the same to as many as `further` in a row
    /// beyond it. What is moved there cannot come back here, as here is no room.
    template <typename HashOf>
    bool vacate(std::uint32_t bucket, unsigned further, HashOf& hash_of) {
        for (std::size_t entry = 0; entry < Bucket::kEntries; ++entry) {
            const std::uint32_t place = buckets_[bucket].place(entry);
            const Location resident = locate(hash_of(place));
            const std::uint32_t other =
                bucket == resident.primary ? resident.secondary : resident.primary;
            if (further != 0 && !vacate(other, further - 1, hash_of)) {
                continue;
            }
            if (move(resident, place, bucket, other)) {
                return true;
            }
        }
        return false;
    }
    bool move(const Location& key, std::uint32_t place, std::uint32_t from, std::uint32_t to) {
        if (!buckets_[to].add(key.tag, place)) {
            return false;
        }
        buckets_[from].remove(key.tag, place);
        if (from == key.primary) {
            buckets_[key.primary].count_displaced(key.tag);
        } else {
            buckets_[key.primary].uncount_displaced(key.tag);
        }
        return true;
    }

    Bucket* buckets_;
    std::uint32_t bucket_count_;
};

}  // namespace synward::flow
