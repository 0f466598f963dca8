// SPDX-License-Identifier: BSD-3-Clause
#include "flow/batch_lookup.h"

#include <algorithm>

#include "wire/places.h"

namespace synward::flow {

void BatchLookup::locate(const Index& index, std::size_t first,
                         std::span<const tcp::Block> hashes) {
    const std::size_t count = std::min(hashes.size(), kMost);
    std::size_t done = 0;
#if defined(__AVX2__)
    const auto load = [&](std::size_t number) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&hashes[number]));
    };
    const auto pair = [&](std::size_t number) {
        return _mm256_inserti128_si256(_mm256_castsi128_si256(load(number)), load(number + 2), 1);
    };
    for (; done + 4 <= count; done += 4) {
        const __m256i even = pair(done);
        const __m256i odd = pair(done + 1);
        const auto [primary, secondary, tag] =
            index.locate_four(_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd));
        const auto store = [number = first + done](Column<std::uint32_t>& column, __m128i values) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(&column[number]), values);
        };
        store(primary_, primary);
        store(secondary_, secondary);
        store(tags_, tag);
    }
#endif
    for (; done < count; ++done) {
        const Index::Location location = index.locate(hashes[done]);
        primary_[first + done] = location.primary;
        secondary_[first + done] = location.secondary;
        tags_[first + done] = location.tag;
    }
    for (std::size_t number = first; number < first + count; ++number) {
        index.prefetch(primary_[number]);
    }
}

void BatchLookup::match(const Index& index, const Flow* flows, std::size_t first,
                        std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
        const Bucket& bucket = index.bucket(primary_[i]);
        matches_[i] = bucket.matches(tags_[i]);
        displaced_[i] = bucket.displaced;
        places_[i] = bucket.place_of(matches_[i]);
        // Without a match some line that is in the cache already, for want of a branch.
        __builtin_prefetch(&flows[matches_[i] != 0 ? places_[i] : 0]);
    }
    const std::uint64_t matched = lanes_that_match(first, count);
    const std::uint64_t further = lanes_displaced(first, count) & ~matched;
    wire::for_each_place(further, [&](unsigned lane) { index.prefetch(secondary_[first + lane]); });
    candidates_ |= matched << first;
    further_ |= further << first;
}

void BatchLookup::match_further(const Index& index, const Flow* flows, std::uint64_t numbers,
                                const tcp::Block* hashes) {
    wire::for_each_place(further_ & numbers, [&](unsigned number) {
        const auto take = [&](std::uint32_t place) {
            __builtin_prefetch(&flows[place]);
            places_[number] = place;
            candidates_ |= std::uint64_t{1} << number;
            return true;
        };
        index.any_match_beyond_primary(index.locate(hashes[number]), take);
    });
}

#if defined(__AVX2__)

namespace {

constexpr std::size_t kLanes = 8;

/// Calls `values(lane)` for as many vectors of eight as hold `count` lanes; bit n of the result is
/// whether lane n of all is not zero.
template <typename Values>
std::uint64_t lanes_not_zero(std::size_t count, Values&& values) {
    std::uint64_t zero = 0;
    for (std::size_t lane = 0; lane < count; lane += kLanes) {
        const __m256i equal = _mm256_cmpeq_epi32(values(lane), _mm256_setzero_si256());
        const int mask = _mm256_movemask_ps(_mm256_castsi256_ps(equal));
        zero |= std::uint64_t{static_cast<std::uint32_t>(mask)} << lane;
    }
    return ~zero & wire::first_places(count);
}

__m256i eight_of(const std::uint32_t* column) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column));
}

}  // namespace

std::uint64_t BatchLookup::lanes_that_match(std::size_t first, std::size_t count) const {
    return lanes_not_zero(count,
                          [&](std::size_t lane) { return eight_of(&matches_[first + lane]); });
}

std::uint64_t BatchLookup::lanes_displaced(std::size_t first, std::size_t count) const {
    return lanes_not_zero(count, [&](std::size_t lane) {
        return Bucket::counters_of(eight_of(&displaced_[first + lane]),
                                   eight_of(&tags_[first + lane]));
    });
}

#else

std::uint64_t BatchLookup::lanes_that_match(std::size_t first, std::size_t count) const {
    std::uint64_t lanes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        lanes |= std::uint64_t{matches_[first + i] != 0} << i;
    }
    return lanes;
}

std::uint64_t BatchLookup::lanes_displaced(std::size_t first, std::size_t count) const {
    std::uint64_t lanes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t counter = Bucket::counter_of(displaced_[first + i], tags_[first + i]);
        lanes |= std::uint64_t{counter != 0} << i;
    }
    return lanes;
}

#endif

}  // namespace synward::flow
