// SPDX-License-Identifier: BSD-3-Clause
//
// Eight numbers of 32 bits side by side, one for each of eight packets: what has to be done to each
// packet's headers is done to eight at once. The compiler makes one AVX2 instruction of each
// operation, and several where the processor it compiles for has less.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace synward::wire {

inline constexpr unsigned kLanes = 8;

/// Supports + - * & | ^ ~ << >> lane by lane. Comparisons have names, below.
using Lanes = std::uint32_t __attribute__((vector_size(4 * kLanes)));

[[gnu::always_inline]] inline Lanes load_lanes(const void* memory) {
    Lanes lanes;
    std::memcpy(&lanes, memory, sizeof lanes);
    return lanes;
}
[[gnu::always_inline]] inline void store_lanes(void* memory, Lanes lanes) {
    std::memcpy(memory, &lanes, sizeof lanes);
}
[[gnu::always_inline]] inline Lanes all_lanes(std::uint32_t value) {
    return Lanes{value, value, value, value, value, value, value, value};
}

/// All ones in the lanes in which it is so, zero in the others.
[[gnu::always_inline]] inline Lanes equal(Lanes a, Lanes b) {
    return reinterpret_cast<Lanes>(a == b);
}
/// The same; of numbers below 2^31.
[[gnu::always_inline]] inline Lanes at_most(Lanes a, Lanes b) {
    using Signed = std::int32_t __attribute__((vector_size(sizeof(Lanes))));
    return ~reinterpret_cast<Lanes>(reinterpret_cast<Signed>(a) > reinterpret_cast<Signed>(b));
}
/// `mask` is of all ones and zero.
[[gnu::always_inline]] inline Lanes choose(Lanes mask, Lanes where_ones, Lanes where_zero) {
    return (where_ones & mask) | (where_zero & ~mask);
}
/// Of numbers below 2^31.
[[gnu::always_inline]] inline Lanes smaller(Lanes a, Lanes b) {
    return choose(at_most(a, b), a, b);
}

/// A mask's lanes as bits, the first lane's in bit 0.
[[gnu::always_inline]] inline std::uint32_t bits_of(Lanes mask) {
#if defined(__AVX2__)
    return static_cast<std::uint32_t>(
        _mm256_movemask_ps(_mm256_castsi256_ps(reinterpret_cast<__m256i>(mask))));
#else
    std::uint32_t bits = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        bits |= (mask[lane] & 1U) << lane;
    }
    return bits;
#endif
}
/// The mask whose bits_of() the lowest of `bits` are.
[[gnu::always_inline]] inline Lanes mask_of(std::uint64_t bits) {
    const Lanes own{1, 2, 4, 8, 16, 32, 64, 128};
    return equal(all_lanes(static_cast<std::uint32_t>(bits)) & own, own);
}

/// Each lane's bytes reversed: a number in host byte order of one as it lies on the wire, and back.
[[gnu::always_inline]] inline Lanes bytes_swapped(Lanes lanes) {
    using Bytes = std::uint8_t __attribute__((vector_size(sizeof(Lanes))));
    const auto bytes = reinterpret_cast<Bytes>(lanes);
    return reinterpret_cast<Lanes>(
        __builtin_shufflevector(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
                                19, 18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28));
}

/// The one's complement sum of words' halves (RFC 1071), as they lie in memory. At most 16,384
/// words.
class LanesChecksum {
  public:
    [[gnu::always_inline]] void add(Lanes words) { sum_ += (words & 0xffffU) + (words >> 16U); }
    /// A mask of the lanes in which what was added, its checksum included, adds up as it should.
    [[gnu::always_inline]] [[nodiscard]] Lanes is_consistent() const {
        return equal(folded(), all_lanes(0xffffU));
    }
    /// The field's value as it lies in memory, in each lane's lower half; zero in the upper one.
    [[gnu::always_inline]] [[nodiscard]] Lanes checksum() const { return folded() ^ 0xffffU; }

  private:
    [[gnu::always_inline]] [[nodiscard]] Lanes folded() const {
        const Lanes once = (sum_ & 0xffffU) + (sum_ >> 16U);
        return (once & 0xffffU) + (once >> 16U);
    }
    Lanes sum_{};
};

// ---- Between lanes and memory: a packet's words lie one behind the other there ------------------

namespace lanes_detail {

// Names of the x86 instructions that these are, in each half of the lanes.
[[gnu::always_inline]] inline Lanes unpack_low(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
}
[[gnu::always_inline]] inline Lanes unpack_high(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
}
[[gnu::always_inline]] inline Lanes unpack_low_pairs(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
}
[[gnu::always_inline]] inline Lanes unpack_high_pairs(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
}
[[gnu::always_inline]] inline Lanes low_halves(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
}
[[gnu::always_inline]] inline Lanes high_halves(Lanes a, Lanes b) {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}

/// Four columns' words of the packets n and n + 4 together, n from 0 to 3.
[[gnu::always_inline]] inline std::array<Lanes, 4> four_by_four(Lanes a, Lanes b, Lanes c,
                                                                Lanes d) {
    const Lanes ab_low = unpack_low(a, b);
    const Lanes ab_high = unpack_high(a, b);
    const Lanes cd_low = unpack_low(c, d);
    const Lanes cd_high = unpack_high(c, d);
    return {unpack_low_pairs(ab_low, cd_low), unpack_high_pairs(ab_low, cd_low),
            unpack_low_pairs(ab_high, cd_high), unpack_high_pairs(ab_high, cd_high)};
}

}  // namespace lanes_detail

/// Word m of row n becomes word n of row m.
[[gnu::always_inline]] inline std::array<Lanes, 8> transposed(const std::array<Lanes, 8>& rows) {
    using namespace lanes_detail;
    const auto first = four_by_four(rows[0], rows[1], rows[2], rows[3]);
    const auto second = four_by_four(rows[4], rows[5], rows[6], rows[7]);
    return {low_halves(first[0], second[0]),  low_halves(first[1], second[1]),
            low_halves(first[2], second[2]),  low_halves(first[3], second[3]),
            high_halves(first[0], second[0]), high_halves(first[1], second[1]),
            high_halves(first[2], second[2]), high_halves(first[3], second[3])};
}

/// Eight blocks of four words as they lie in memory, one behind the other.
using Blocks = std::array<Lanes, 4>;

inline constexpr std::size_t kBlock = 4 * sizeof(std::uint32_t);

// Register by register: of an array as a whole the compiler makes a copy in memory first.
[[gnu::always_inline]] inline Blocks load_blocks(const void* memory) {
    const auto* const bytes = static_cast<const std::uint8_t*>(memory);
    return {load_lanes(bytes), load_lanes(bytes + sizeof(Lanes)),
            load_lanes(bytes + 2 * sizeof(Lanes)), load_lanes(bytes + 3 * sizeof(Lanes))};
}
[[gnu::always_inline]] inline void store_blocks(void* memory, const Blocks& blocks) {
    auto* const bytes = static_cast<std::uint8_t*>(memory);
    for (std::size_t number = 0; number < blocks.size(); ++number) {
        store_lanes(bytes + number * sizeof(Lanes), blocks[number]);
    }
}
/// Blocks that lie apart; `at(lane)` points at each.
template <typename At>
[[gnu::always_inline]] inline Blocks gather_blocks(At&& at) {
    using Block = std::uint32_t __attribute__((vector_size(kBlock)));
    const auto load = [&](unsigned lane) {
        Block block;
        std::memcpy(&block, at(lane), sizeof block);
        return block;
    };
    const auto both = [&](unsigned lane) {
        return __builtin_shufflevector(load(lane), load(lane + 1), 0, 1, 2, 3, 4, 5, 6, 7);
    };
    return {both(0), both(2), both(4), both(6)};
}
/// Those of four columns.
[[gnu::always_inline]] inline Blocks blocks_of(Lanes a, Lanes b, Lanes c, Lanes d) {
    using namespace lanes_detail;
    const auto both = four_by_four(a, b, c, d);
    return {low_halves(both[0], both[1]), low_halves(both[2], both[3]),
            high_halves(both[0], both[1]), high_halves(both[2], both[3])};
}
/// And back.
[[gnu::always_inline]] inline std::array<Lanes, 4> columns_of(const Blocks& blocks) {
    using namespace lanes_detail;
    const Lanes first = low_halves(blocks[0], blocks[2]);
    const Lanes second = high_halves(blocks[0], blocks[2]);
    const Lanes third = low_halves(blocks[1], blocks[3]);
    const Lanes fourth = high_halves(blocks[1], blocks[3]);
    const Lanes ab = unpack_low(first, second);
    const Lanes ab_further = unpack_low(third, fourth);
    const Lanes cd = unpack_high(first, second);
    const Lanes cd_further = unpack_high(third, fourth);
    return {unpack_low_pairs(ab, ab_further), unpack_high_pairs(ab, ab_further),
            unpack_low_pairs(cd, cd_further), unpack_high_pairs(cd, cd_further)};
}

}  // namespace synward::wire
