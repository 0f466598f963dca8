// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace synward::flow {

/// One cache line of the index: twelve entries, each of a tag and a place, and counters of the keys
/// that came here, found no room and went on to the next of their buckets. An entry whose tag is
/// zero is empty.
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
        // Four bytes at once: what follows the last place is in this line too.
        std::uint32_t place;
        std::memcpy(&place, reinterpret_cast<const std::byte*>(this) + sizeof tags + 3 * entry,
                    sizeof place);
        return place & (kMostPlaces - 1);
    }

    /// The place that the lowest of the matches names; anything where there is none.
    [[nodiscard]] std::uint32_t place_of(std::uint32_t matches) const {
        return place(first_of(matches | 1U << (2 * kEntries)));
    }
    /// Whether some key with such a tag has gone on to the next of its buckets.
    [[nodiscard]] bool has_displaced(std::uint32_t tag) const {
        return counter_of(displaced, tag) != 0;
    }
    /// The counter that is the tag's, of what a bucket has in `displaced`.
    static constexpr std::uint32_t counter_of(std::uint32_t displaced, std::uint32_t tag) {
        return (displaced >> counter_shift(tag)) & kCounterTop;
    }
#if defined(__AVX2__)
    /// The same for eight buckets and tags.
    static __m256i counters_of(__m256i displaced, __m256i tags) {
        const __m256i shifts = _mm256_slli_epi32(_mm256_and_si256(tags, _mm256_set1_epi32(7)), 2);
        return _mm256_and_si256(_mm256_srlv_epi32(displaced, shifts),
                                _mm256_set1_epi32(kCounterTop));
    }
#endif
    /// A counter that has reached its top stays there: it can only cost a needless look.
    void count_displaced(std::uint32_t tag) {
        if (counter_of(displaced, tag) != kCounterTop) {
            displaced += 1U << counter_shift(tag);
        }
    }
    void uncount_displaced(std::uint32_t tag) {
        if (counter_of(displaced, tag) != kCounterTop) {
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

}  // namespace synward::flow
