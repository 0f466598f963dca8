// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "flow/bucket.h"
#include "tcp/aes128.h"

namespace synward::flow {

/// From keyed hashes to places in an array. It knows no keys: a match of tags is for the caller to
/// check.
///
/// Each key may lie in three buckets, of which the first with room is taken: its primary one, a
/// secondary one in the same window (4 KiB of memory, so that it costs no page walk of its own),
/// and, for the few keys that find their window full, a last one in another window. A bucket's
/// counters tell a lookup that need not go on to the next.
class Index {
  public:
    /// Where a key may be. The buckets differ from each other.
    struct Location {
        std::uint32_t primary;
        std::uint32_t secondary;
        std::uint32_t last;  ///< none where there is only one window: not below the count
        std::uint32_t tag;
    };

    /// For places below `capacity` (1-2^24); `buckets` has bucket_count(capacity) of them.
    Index(Bucket* buckets, std::uint32_t capacity)
        : buckets_{buckets},
          bucket_count_{bucket_count(capacity)},
          window_{std::min(kWindow, bucket_count_)} {}

    /// Enough that 90 % of the entries are taken when every place is; whole windows, or of one
    /// window a part that is a power of two.
    static constexpr std::uint32_t bucket_count(std::uint32_t capacity) {
        constexpr std::uint32_t kHundredths = Bucket::kEntries * 90;
        const auto buckets = static_cast<std::uint32_t>(
            (std::uint64_t{capacity} * 100 + kHundredths - 1) / kHundredths);
        return buckets < kWindow ? std::max(2U, std::bit_ceil(buckets))
                                 : (buckets + kWindow - 1) / kWindow * kWindow;
    }

    /// The top 16 bits of a hash choose the worker, so all keys of a table may have them in common:
    /// they are not used here.
    [[nodiscard]] Location locate(const tcp::Block& hash) const {
        const std::uint32_t primary = scaled(static_cast<std::uint32_t>(hash.high), bucket_count_);
        const std::uint32_t step = 1 + scaled(static_cast<std::uint32_t>(hash.low), window_ - 1);
        const std::uint32_t elsewhere =
            scaled(static_cast<std::uint32_t>(hash.low >> 32U), bucket_count_ - window_);
        const std::uint32_t own_window = primary & ~(window_ - 1);
        const auto tag_bits = static_cast<std::uint32_t>(hash.high >> 32U) & 0xffffU;
        return {.primary = primary,
                .secondary = primary ^ step,
                .last = elsewhere < own_window ? elsewhere : elsewhere + window_,
                .tag = 1 + ((tag_bits * 0xffffU) >> 16U)};  // never zero
    }
#if defined(__AVX2__)
    /// In each lane of 32 bits, what a Location has; but not `last`.
    struct FourLocations {
        __m128i primary;
        __m128i secondary;
        __m128i tag;
    };
    /// locate() for four hashes, the halves of which are given apart.
    [[nodiscard]] FourLocations locate_four(__m256i low, __m256i high) const {
        const auto number = [](std::uint32_t value) { return _mm256_set1_epi64x(value); };
        const auto times = [number](__m256i bits, std::uint32_t factor) {
            return _mm256_mul_epu32(bits, number(factor));
        };
        const __m256i primary = _mm256_srli_epi64(times(high, bucket_count_), 32);
        const __m256i step =
            _mm256_add_epi64(_mm256_srli_epi64(times(low, window_ - 1), 32), number(1));
        const __m256i tag_bits = _mm256_and_si256(_mm256_srli_epi64(high, 32), number(0xffffU));
        const __m256i tag =
            _mm256_add_epi64(_mm256_srli_epi64(times(tag_bits, 0xffffU), 16), number(1));
        return {lower_halves(primary), lower_halves(_mm256_xor_si256(primary, step)),
                lower_halves(tag)};
    }
#endif

    [[nodiscard]] const Bucket& bucket(std::uint32_t number) const {
        return buckets_[number];
    }
    void prefetch(std::uint32_t bucket) const {
        __builtin_prefetch(&buckets_[bucket]);
    }

    /// Gives `visit(place)` the place of each entry that has the key's tag, in the order of the
    /// buckets, until it returns true; whether it has.
    template <typename Visit>
    bool any_match(const Location& location, Visit&& visit) const {
        return any_match_in(location.primary, location.tag, visit) ||
               (may_be_beyond(location.primary, location.tag) &&
                any_match_beyond_primary(location, visit));
    }
    /// The same for the secondary and the last bucket alone.
    template <typename Visit>
    bool any_match_beyond_primary(const Location& location, Visit&& visit) const {
        return any_match_in(location.secondary, location.tag, visit) ||
               (may_be_beyond(location.secondary, location.tag) && has_last(location) &&
                any_match_in(location.last, location.tag, visit));
    }

    /// Enters a key that is not there. If it has to, it moves others to the other bucket of their
    /// window, one or, where that does not do, two in a row; if the window is full, one to its last
    /// bucket. Looks at no more than 336 of them. `hash_of(place)` is the hash of the key that is
    /// there. False when there is no room so near.
    template <typename HashOf>
    bool add(const Location& location, std::uint32_t place, HashOf&& hash_of) {
        const auto add_to = [&](std::uint32_t bucket) { return put(location, place, bucket); };
        if (add_to(location.primary) || add_to(location.secondary)) {
            return true;
        }
        for (const unsigned further : {0U, 1U}) {
            if (vacate(location.primary, further, hash_of) ||
                vacate(location.secondary, further, hash_of)) {
                return add_to(location.primary) || add_to(location.secondary);
            }
        }
        if (!has_last(location)) {
            return false;
        }
        return add_to(location.last) ||
               (send_one_away(location.primary, hash_of) && add_to(location.primary)) ||
               (send_one_away(location.secondary, hash_of) && add_to(location.secondary));
    }

    /// Removes a key that is there at `place`.
    void remove(const Location& location, std::uint32_t place) {
        for (const std::uint32_t bucket : {location.primary, location.secondary, location.last}) {
            if (buckets_[bucket].remove(location.tag, place)) {
                for_each_ahead(location, bucket, &Bucket::uncount_displaced);
                return;
            }
        }
    }

  private:
    /// Buckets in a page of memory; a power of two.
    static constexpr std::uint32_t kWindow = 64;

    /// `bits` of 2^32 as a share of `count`.
    static constexpr std::uint32_t scaled(std::uint32_t bits, std::uint32_t count) {
        return static_cast<std::uint32_t>((std::uint64_t{bits} * count) >> 32U);
    }
#if defined(__AVX2__)
    static __m128i lower_halves(__m256i lanes) {
        return _mm256_castsi256_si128(
            _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6)));
    }
#endif
    [[nodiscard]] bool has_last(const Location& location) const {
        return location.last < bucket_count_;
    }
    [[nodiscard]] bool may_be_beyond(std::uint32_t bucket, std::uint32_t tag) const {
        return buckets_[bucket].has_displaced(tag);
    }
    template <typename Visit>
    bool any_match_in(std::uint32_t bucket, std::uint32_t tag, Visit&& visit) const {
        for (std::uint32_t found = buckets_[bucket].matches(tag); found != 0; found &= found - 1) {
            if (visit(buckets_[bucket].place(Bucket::first_of(found)))) {
                return true;
            }
        }
        return false;
    }

    /// Has each bucket that comes ahead of `bucket` for this key count it in or out.
    void for_each_ahead(const Location& key, std::uint32_t bucket,
                        void (Bucket::*count)(std::uint32_t)) {
        if (bucket != key.primary) {
            (buckets_[key.primary].*count)(key.tag);
        }
        if (bucket == key.last) {
            (buckets_[key.secondary].*count)(key.tag);
        }
    }
    /// False when the bucket is full.
    bool put(const Location& key, std::uint32_t place, std::uint32_t bucket) {
        if (!buckets_[bucket].add(key.tag, place)) {
            return false;
        }
        for_each_ahead(key, bucket, &Bucket::count_displaced);
        return true;
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
    /// Frees an entry of a bucket in a full window: one of its keys goes to its last bucket.
    template <typename HashOf>
    bool send_one_away(std::uint32_t bucket, HashOf& hash_of) {
        for (std::size_t entry = 0; entry < Bucket::kEntries; ++entry) {
            const std::uint32_t place = buckets_[bucket].place(entry);
            const Location resident = locate(hash_of(place));
            if (move(resident, place, bucket, resident.last)) {
                return true;
            }
        }
        return false;
    }
    bool move(const Location& key, std::uint32_t place, std::uint32_t from, std::uint32_t to) {
        if (!put(key, place, to)) {
            return false;
        }
        buckets_[from].remove(key.tag, place);
        for_each_ahead(key, from, &Bucket::uncount_displaced);
        return true;
    }

    Bucket* buckets_;
    std::uint32_t bucket_count_;
    std::uint32_t window_;
};

}  // namespace synward::flow
