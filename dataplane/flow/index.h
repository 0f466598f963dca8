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

/// One cache line of the index: fifteen entries, and counters of the keys that belong here and had
/// to go to their secondary bucket. An entry is a tag above a place; zero is an empty one.
struct alignas(64) Bucket {
    static constexpr unsigned kEntries = 15;

    /// Word 0: eight counters of four bits, by the low bits of the tag. Words 1-15: the entries.
    std::array<std::uint32_t, 1 + kEntries> words;

    /// A bit for each word of entries that equals `value` where `mask` is set.
    [[nodiscard]] std::uint32_t matches(std::uint32_t value, std::uint32_t mask) const {
#if defined(__AVX2__)
        const auto half = [&](std::size_t from) {
            const __m256i found =
                _mm256_load_si256(reinterpret_cast<const __m256i*>(words.data() + from));
            const __m256i equal = _mm256_cmpeq_epi32(
                _mm256_and_si256(found, _mm256_set1_epi32(std::bit_cast<int>(mask))),
                _mm256_set1_epi32(std::bit_cast<int>(value)));
            return std::bit_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
        };
        return (half(0) | (half(8) << 8U)) & ~1U;
#else
        std::uint32_t found = 0;
        for (unsigned word = 1; word < words.size(); ++word) {
            found |= std::uint32_t{(words[word] & mask) == value} << word;
        }
        return found;
#endif
    }

    /// Whether some key with such a tag has gone to its secondary bucket.
    [[nodiscard]] bool has_displaced(std::uint32_t tag) const {
        return ((words[0] >> counter_shift(tag)) & kCounterTop) != 0;
    }
    /// A counter that has reached its top stays there: it can only cost a needless look.
    void count_displaced(std::uint32_t tag) {
        if (((words[0] >> counter_shift(tag)) & kCounterTop) != kCounterTop) {
            words[0] += 1U << counter_shift(tag);
        }
    }
    void uncount_displaced(std::uint32_t tag) {
        if (((words[0] >> counter_shift(tag)) & kCounterTop) != kCounterTop) {
            words[0] -= 1U << counter_shift(tag);
        }
    }
    /// False when every entry is taken.
    bool add(std::uint32_t entry) {
        const std::uint32_t empty = matches(0, ~0U);
        if (empty == 0) {
            return false;
        }
        words[static_cast<std::size_t>(std::countr_zero(empty))] = entry;
        return true;
    }
    /// False when the entry is not here.
    bool remove(std::uint32_t entry) {
        const std::uint32_t found = matches(entry, ~0U);
        if (found == 0) {
            return false;
        }
        words[static_cast<std::size_t>(std::countr_zero(found))] = 0;
        return true;
    }

  private:
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
        : buckets_{buckets},
          bucket_count_{bucket_count(capacity)},
          place_bits_{static_cast<unsigned>(std::bit_width(capacity - 1))},
          place_mask_{(1U << place_bits_) - 1} {}

    /// Enough that 85 % of the entries are taken when every place is.
    static constexpr std::uint32_t bucket_count(std::uint32_t capacity) {
        constexpr std::uint32_t kHundredths = Bucket::kEntries * 85;
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
        // Never zero, so that no entry looks empty.
        const std::uint32_t tags = (1U << std::min(16U, 32U - place_bits_)) - 1;
        const auto tag_bits = static_cast<std::uint32_t>(hash.high >> 32U) & 0xffffU;
        return {.primary = primary,
                .secondary = beyond < bucket_count_ ? beyond : beyond - bucket_count_,
                .tag = 1 + ((tag_bits * tags) >> 16U)};
    }

    void prefetch_primary(const tcp::Block& hash) const {
        __builtin_prefetch(&buckets_[scaled(static_cast<std::uint32_t>(hash.high), bucket_count_)]);
    }
    void prefetch_secondary(const Location& location) const {
        __builtin_prefetch(&buckets_[location.secondary]);
    }

    /// The words of the key's primary or secondary bucket that have its tag, as bits for
    /// place_of().
    [[nodiscard]] std::uint32_t primary_matches(const Location& location) const {
        return matches(location.primary, location.tag);
    }
    [[nodiscard]] std::uint32_t secondary_matches(const Location& location) const {
        return matches(location.secondary, location.tag);
    }
    /// Only then the secondary bucket needs a look.
    [[nodiscard]] bool may_be_displaced(const Location& location) const {
        return buckets_[location.primary].has_displaced(location.tag);
    }
    /// The place that the lowest of the matches (not zero) names.
    [[nodiscard]] std::uint32_t place_of(std::uint32_t bucket, std::uint32_t matches) const {
        const auto word = static_cast<std::size_t>(std::countr_zero(matches));
        return buckets_[bucket].words[word] & place_mask_;
    }

    /// Enters a key that is not there. False when both of its buckets are full; make_room() may
    /// help.
    bool add(const Location& location, std::uint32_t place) {
        const std::uint32_t entry = entry_of(location, place);
        if (buckets_[location.primary].add(entry)) {
            return true;
        }
        if (!buckets_[location.secondary].add(entry)) {
            return false;
        }
        buckets_[location.primary].count_displaced(location.tag);
        return true;
    }

    /// Removes a key that is there at `place`.
    void remove(const Location& location, std::uint32_t place) {
        const std::uint32_t entry = entry_of(location, place);
        if (!buckets_[location.primary].remove(entry) &&
            buckets_[location.secondary].remove(entry)) {
            buckets_[location.primary].uncount_displaced(location.tag);
        }
    }

    /// Moves one of the at most 30 keys in the way to that key's other bucket. `hash_of(place)` is
    /// the hash of the key that is there. False when all those are full as well.
    template <typename HashOf>
    bool make_room(const Location& location, HashOf&& hash_of) {
        for (const std::uint32_t bucket : {location.primary, location.secondary}) {
            for (unsigned word = 1; word <= Bucket::kEntries; ++word) {
                const std::uint32_t place = buckets_[bucket].words[word] & place_mask_;
                if (move_away(bucket, place, locate(hash_of(place)))) {
                    return true;
                }
            }
        }
        return false;
    }

  private:
    /// `bits` of 2^32 as a share of `count`.
    static constexpr std::uint32_t scaled(std::uint32_t bits, std::uint32_t count) {
        return static_cast<std::uint32_t>((std::uint64_t{bits} * count) >> 32U);
    }
    [[nodiscard]] std::uint32_t entry_of(const Location& location, std::uint32_t place) const {
        return (location.tag << place_bits_) | place;
    }
    [[nodiscard]] std::uint32_t matches(std::uint32_t bucket, std::uint32_t tag) const {
        return buckets_[bucket].matches(tag << place_bits_, ~place_mask_);
    }
    bool move_away(std::uint32_t bucket, std::uint32_t place, const Location& resident) {
        const std::uint32_t entry = entry_of(resident, place);
        if (bucket == resident.primary && buckets_[resident.secondary].add(entry)) {
            buckets_[resident.primary].count_displaced(resident.tag);
            return buckets_[bucket].remove(entry);
        }
        if (bucket == resident.secondary && buckets_[resident.primary].add(entry)) {
            buckets_[resident.primary].uncount_displaced(resident.tag);
            return buckets_[bucket].remove(entry);
        }
        return false;
    }

    Bucket* buckets_;
    std::uint32_t bucket_count_;
    unsigned place_bits_;
    std::uint32_t place_mask_;
};

}  // namespace synward::flow
