// SPDX-License-Identifier: BSD-3-Clause
#include "flow/batch_lookup.h"

#include "wire/places.h"

namespace synward::flow {

void BatchLookup::locate(const Index& index, std::span<const wire::FourTuple* const> tuples,
                         const tcp::Block* hashes) {
    tuples_ = tuples;
    hashes_ = hashes;
    const std::size_t count = tuples.size();
    std::size_t first = 0;
#if defined(__AVX2__)
    const auto load = [&](std::size_t number) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&hashes[number]));
    };
    const auto pair = [&](std::size_t number) {
        return _mm256_inserti128_si256(_mm256_castsi128_si256(load(number)), load(number + 2), 1);
    };
    first = count & ~std::size_t{3};
    for (std::size_t i = 0; i < first; i += 4) {
        const __m256i even = pair(i);
        const __m256i odd = pair(i + 1);
        const auto [primary, secondary, tag] =
            index.locate_four(_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd));
        const auto store = [i](Column<std::uint32_t>& column, __m128i values) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(&column[i]), values);
        };
        store(primary_, primary);
        store(secondary_, secondary);
        store(tags_, tag);
        for (std::size_t j = i; j < i + 4; ++j) {
            index.prefetch(primary_[j]);
        }
        for (std::size_t j = i; j < i + 4; ++j) {
            index.prefetch(secondary_[j]);
        }
    }
#endif
    for (std::size_t i = first; i < count; ++i) {
        const Index::Location location = index.locate(hashes[i]);
        primary_[i] = location.primary;
        secondary_[i] = location.secondary;
        tags_[i] = location.tag;
        index.prefetch(location.primary);
        index.prefetch(location.secondary);
    }
}

void BatchLookup::match(const Index& index, const Flow* flows) {
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) {
        const Bucket& bucket = index.bucket(primary_[i]);
        matches_[i] = bucket.matches(tags_[i]);
        displaced_[i] = bucket.displaced;
        places_[i] = bucket.place_of(matches_[i]);
        // Without a match some line that is in the cache already, for want of a branch.
        __builtin_prefetch(&flows[matches_[i] != 0 ? places_[i] : 0]);
    }
    candidates_ = lanes_that_match(count);
    wire::for_each_place(lanes_displaced(count) & ~candidates_,
                         [&](unsigned number) { match_beyond_primary(index, flows, number); });
}

void BatchLookup::match_beyond_primary(const Index& index, const Flow* flows, std::size_t number) {
    const auto take = [&](std::uint32_t place) {
        __builtin_prefetch(&flows[place]);
        places_[number] = place;
        candidates_ |= std::uint64_t{1} << number;
        return true;
    };
    index.any_match_beyond_primary(index.locate(hashes_[number]), take);
}

#if defined(__AVX2__)

namespace {

constexpr std::size_t kLanes = 8;

/// Calls `values(first)` for as many vectors of eight as hold `count` lanes; bit n of the result is
/// whether lane n of all is not zero.
template <typename Values>
std::uint64_t lanes_not_zero(std::size_t count, Values&& values) {
    std::uint64_t zero = 0;
    for (std::size_t first = 0; first < count; first += kLanes) {
        const __m256i equal = _mm256_cmpeq_epi32(values(first), _mm256_setzero_si256());
        const int mask = _mm256_movemask_ps(_mm256_castsi256_ps(equal));
        zero |= std::uint64_t{static_cast<std::uint32_t>(mask)} << first;
    }
    return ~zero & wire::first_places(count);
}

__m256i eight_of(const std::uint32_t* column) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column));
}

}  // namespace

std::uint64_t BatchLookup::lanes_that_match(std::size_t count) const {
    return lanes_not_zero(count, [this](std::size_t first) { return eight_of(&matches_[first]); });
}

std::uint64_t BatchLookup::lanes_displaced(std::size_t count) const {
    return lanes_not_zero(count, [this](std::size_t first) {
        return Bucket::counters_of(eight_of(&displaced_[first]), eight_of(&tags_[first]));
    });
}

#else

std::uint64_t BatchLookup::lanes_that_match(std::size_t count) const {
    std::uint64_t lanes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        lanes |= std::uint64_t{matches_[i] != 0} << i;
    }
    return lanes;
}

std::uint64_t BatchLookup::lanes_displaced(std::size_t count) const {
    std::uint64_t lanes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        lanes |= std::uint64_t{Bucket::counter_of(displaced_[i], tags_[i]) != 0} << i;
    }
    return lanes;
}

#endif

}  // namespace synward::flow
