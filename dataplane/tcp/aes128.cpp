// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/aes128.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace synward::tcp {
namespace {

static_assert(std::endian::native == std::endian::little, "a Block's bytes are its memory");

constexpr std::size_t kRounds = 10;
using RoundKeys = std::array<Block, kRounds + 1>;
using AesState = std::array<std::uint8_t, 16>;

/// Multiplies by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 section 4.2.1).
constexpr std::uint8_t times_x(std::uint8_t value) {
    return static_cast<std::uint8_t>((value << 1) ^ ((value >> 7) * 0x1b));
}

/// FIPS 197 section 5.1.1: the inverse in GF(2^8), then an affine map. Walks p through the powers
/// of the generator 3 and q through those of its inverse, so that q is always the inverse of p.
constexpr std::array<std::uint8_t, 256> make_s_box() {
    std::array<std::uint8_t, 256> box{};
    std::uint8_t p = 1;
    std::uint8_t q = 1;
    do {
        p = static_cast<std::uint8_t>(p ^ times_x(p));
        q = static_cast<std::uint8_t>(q ^ (q << 1));
        q = static_cast<std::uint8_t>(q ^ (q << 2));
        q = static_cast<std::uint8_t>(q ^ (q << 4));
        q = static_cast<std::uint8_t>(q ^ ((q >> 7) * 0x09));
        box[p] = static_cast<std::uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^
                                           std::rotl(q, 4) ^ 0x63);
    } while (p != 1);
    box[0] = 0x63;
    return box;
}
constexpr auto kSBox = make_s_box();
static_assert(kSBox[0x53] == 0xed, "the example of FIPS 197 section 5.1.1");

/// FIPS 197 section 5.2.
RoundKeys expand(const Secret& key) {
    std::array<std::uint8_t, 16 * (kRounds + 1)> bytes{};
    std::memcpy(bytes.data(), key.data(), key.size());
    std::uint8_t round_constant = 1;
    for (std::size_t i = 16; i < bytes.size(); i += 4) {
        std::array<std::uint8_t, 4> word{bytes[i - 4], bytes[i - 3], bytes[i - 2], bytes[i - 1]};
        if (i % 16 == 0) {
            word = {static_cast<std::uint8_t>(kSBox[word[1]] ^ round_constant), kSBox[word[2]],
                    kSBox[word[3]], kSBox[word[0]]};
            round_constant = times_x(round_constant);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            bytes[i + j] = bytes[i + j - 16] ^ word[j];
        }
    }
    return std::bit_cast<RoundKeys>(bytes);
}

/// SubBytes and ShiftRows (FIPS 197 sections 5.1.1 and 5.1.2) in one: row r moves r columns left.
AesState substitute_and_shift(const AesState& state) {
    AesState result;
    for (std::size_t i = 0; i < 16; ++i) {
        result[i] = kSBox[state[(i + 4 * (i % 4)) % 16]];
    }
    return result;
}

/// FIPS 197 section 5.1.3.
AesState mix_columns(const AesState& state) {
    AesState result;
    for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t column = i & ~std::size_t{3};
        const auto row = [&](std::size_t n) { return state[column + (i + n) % 4]; };
        result[i] = static_cast<std::uint8_t>(times_x(static_cast<std::uint8_t>(row(0) ^ row(1))) ^
                                              row(1) ^ row(2) ^ row(3));
    }
    return result;
}

void encrypt_with_tables(const RoundKeys& keys, Block* blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        Block block = blocks[i] ^ keys[0];
        for (std::size_t round = 1; round <= kRounds; ++round) {
            AesState state = substitute_and_shift(std::bit_cast<AesState>(block));
            if (round != kRounds) {
                state = mix_columns(state);
            }
            block = std::bit_cast<Block>(state) ^ keys[round];
        }
        blocks[i] = block;
    }
}

#if defined(__x86_64__)

/// An instruction takes three or four cycles and one or two start in each: eight blocks at a time
/// keep the unit busy and still fit the sixteen registers.
constexpr std::size_t kInterleaved = 8;

[[gnu::target("aes")]] inline void encrypt_interleaved(const RoundKeys& keys, Block* blocks) {
    const auto* key = reinterpret_cast<const __m128i*>(keys.data());
    auto* memory = reinterpret_cast<__m128i*>(blocks);
    __m128i state[kInterleaved];
    for (std::size_t i = 0; i < kInterleaved; ++i) {
        state[i] = _mm_xor_si128(_mm_loadu_si128(memory + i), key[0]);
    }
    for (std::size_t round = 1; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kInterleaved; ++i) {
            state[i] = _mm_aesenc_si128(state[i], key[round]);
        }
    }
    for (std::size_t i = 0; i < kInterleaved; ++i) {
        _mm_storeu_si128(memory + i, _mm_aesenclast_si128(state[i], key[kRounds]));
    }
}

/// In and out in general registers. Halves that are written to memory apart and read back as one
/// block would make the processor wait until they have left its store buffer, and g++ does just
/// that with a Block parameter.
[[gnu::target("aes,sse4.1")]] Block encrypt_one(const RoundKeys& keys, std::uint64_t low,
                                                std::uint64_t high) {
    const auto* key = reinterpret_cast<const __m128i*>(keys.data());
    __m128i state = _mm_insert_epi64(_mm_cvtsi64_si128(static_cast<long long>(low)),
                                     static_cast<long long>(high), 1);
    state = _mm_xor_si128(state, key[0]);
    for (std::size_t round = 1; round < kRounds; ++round) {
        state = _mm_aesenc_si128(state, key[round]);
    }
    state = _mm_aesenclast_si128(state, key[kRounds]);
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(state)),
            static_cast<std::uint64_t>(_mm_extract_epi64(state, 1))};
}

[[gnu::target("aes,sse4.1")]] void encrypt_with_instructions(const RoundKeys& keys, Block* blocks,
                                                             std::size_t count) {
    for (; count >= kInterleaved; count -= kInterleaved, blocks += kInterleaved) {
        encrypt_interleaved(keys, blocks);
    }
    for (; count > 0; --count, ++blocks) {
        *blocks = encrypt_one(keys, blocks->low, blocks->high);
    }
}

/// Four blocks in a register, with VAES and AVX-512: sixteen at a time, and a rest of fewer in the
/// lanes that it needs.
[[gnu::target("vaes,avx512f")]] void encrypt_with_vectors(const RoundKeys& keys, Block* blocks,
                                                          std::size_t count) {
    constexpr std::size_t kRegisters = 4;
    constexpr std::size_t kAtATime = 4 * kRegisters;
    __m512i key[kRounds + 1];
    for (std::size_t round = 0; round <= kRounds; ++round) {
        // The function without a mask gives a warning of GCC's own header.
        key[round] = _mm512_maskz_broadcast_i32x4(
            0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(&keys[round])));
    }
    while (count > 0) {
        const std::size_t words = 2 * std::min(count, kAtATime);
        const std::uint32_t used = words == 2 * kAtATime ? ~0U : (1U << words) - 1;
        __m512i state[kRegisters];
        const auto mask = [used](std::size_t i) { return static_cast<__mmask8>(used >> (8 * i)); };
        for (std::size_t i = 0; i < kRegisters; ++i) {
            state[i] = _mm512_xor_si512(_mm512_maskz_loadu_epi64(mask(i), blocks + 4 * i), key[0]);
        }
        for (std::size_t round = 1; round < kRounds; ++round) {
            for (std::size_t i = 0; i < kRegisters; ++i) {
                state[i] = _mm512_aesenc_epi128(state[i], key[round]);
            }
        }
        for (std::size_t i = 0; i < kRegisters; ++i) {
            _mm512_mask_storeu_epi64(blocks + 4 * i, mask(i),
                                     _mm512_aesenclast_epi128(state[i], key[kRounds]));
        }
        blocks += words / 2;
        count -= words / 2;
    }
}

/// An object of another file that is constructed earlier finds false, and the same result.
const bool kHasInstructions = __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
/// The compilers' own question knows VAES by no name that all of them take.
bool has_vector_instructions() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    constexpr unsigned kVaes = 1U << 9U;
    return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
           (c & kVaes) != 0;
}
const bool kHasVectors = kHasInstructions && has_vector_instructions();
/// Fewer blocks than that are through sooner one by one.
constexpr std::size_t kWorthVectors = 5;

#endif

}  // namespace

Aes128::Aes128(const Secret& key) : round_keys_{expand(key)} {}

Block Aes128::encrypt(Block plain) const {
#if defined(__x86_64__)
    if (kHasInstructions) [[likely]] {
        return encrypt_one(round_keys_, plain.low, plain.high);
    }
#endif
    encrypt_with_tables(round_keys_, &plain, 1);
    return plain;
}

void Aes128::encrypt(std::span<Block> blocks) const {
#if defined(__x86_64__)
    if (kHasVectors && blocks.size() >= kWorthVectors) {
        encrypt_with_vectors(round_keys_, blocks.data(), blocks.size());
        return;
    }
#endif
    encrypt_without_vectors(blocks);
}

void Aes128::encrypt_without_vectors(std::span<Block> blocks) const {
#if defined(__x86_64__)
    if (kHasInstructions) [[likely]] {
        encrypt_with_instructions(round_keys_, blocks.data(), blocks.size());
        return;
    }
#endif
    encrypt_with_tables(round_keys_, blocks.data(), blocks.size());
}

void Aes128::encrypt_portably(std::span<Block> blocks) const {
    encrypt_with_tables(round_keys_, blocks.data(), blocks.size());
}

const char* Aes128::implementation() {
#if defined(__x86_64__)
    if (kHasInstructions) {
        return kHasVectors ? "vaes" : "aes-ni";
    }
#endif
    return "portable";
}

}  // namespace synward::tcp
