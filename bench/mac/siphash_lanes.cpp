// SPDX-License-Identifier: BSD-3-Clause
//
// Compiled once for each instruction set, with SIPHASH_SIMD and the lanes of one and of two
// registers: no vector type may cross from a function with wide registers to one without.
#include "siphash_lanes.h"

#include <cstring>

namespace synward::bench {
namespace {

template <std::size_t kLanes>
struct Lanes {
    using Vector [[gnu::vector_size(8 * kLanes)]] = std::uint64_t;

    Vector v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v2 += v3;
        v1 = (v1 << 13 | v1 >> 51) ^ v0;
        v3 = (v3 << 16 | v3 >> 48) ^ v2;
        v0 = v0 << 32 | v0 >> 32;
        v2 += v1;
        v0 += v3;
        v1 = (v1 << 17 | v1 >> 47) ^ v2;
        v3 = (v3 << 21 | v3 >> 43) ^ v0;
        v2 = v2 << 32 | v2 >> 32;
    }
};

}  // namespace

template <Simd kSimd, std::size_t kLanes>
void siphash_24(const std::array<std::uint64_t, 2>& key, const std::uint64_t* words,
                std::size_t words_per_message, std::uint64_t* results) {
    using Vector = typename Lanes<kLanes>::Vector;
    const Vector zero{};
    Lanes<kLanes> state{zero + (key[0] ^ 0x736f6d6570736575), zero + (key[1] ^ 0x646f72616e646f6d),
                        zero + (key[0] ^ 0x6c7967656e657261), zero + (key[1] ^ 0x7465646279746573)};
    for (std::size_t i = 0; i < words_per_message; ++i) {
        Vector word;
        std::memcpy(&word, words + i * kLanes, sizeof word);
        state.v3 ^= word;
        state.round();
        state.round();
        state.v0 ^= word;
    }
    state.v2 ^= zero + 0xff;
    for (int i = 0; i < 4; ++i) {
        state.round();
    }
    const Vector result = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
    std::memcpy(results, &result, sizeof result);
}

template void siphash_24<Simd::SIPHASH_SIMD, SIPHASH_LANES>(const std::array<std::uint64_t, 2>& key,
                                                            const std::uint64_t* words,
                                                            std::size_t words_per_message,
                                                            std::uint64_t* results);
template void siphash_24<Simd::SIPHASH_SIMD, 2 * SIPHASH_LANES>(
    const std::array<std::uint64_t, 2>& key, const std::uint64_t* words,
    std::size_t words_per_message, std::uint64_t* results);

}  // namespace synward::bench
