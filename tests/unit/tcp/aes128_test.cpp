// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/aes128.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace synward::tcp {
namespace {

std::array<std::uint8_t, 16> from_hex(std::string_view text) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] =
            static_cast<std::uint8_t>(std::stoul(std::string{text.substr(2 * i, 2)}, nullptr, 16));
    }
    return bytes;
}

Block block_from_hex(std::string_view text) {
    return std::bit_cast<Block>(from_hex(text));
}

struct Vector {
    const char* source;
    const char* key;
    const char* plain;
    const char* cipher;
};

constexpr Vector kVectors[]{
    {"FIPS 197 appendix B", "2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
     "3925841d02dc09fbdc118597196a0b32"},
    {"FIPS 197 appendix C.1", "000102030405060708090a0b0c0d0e0f",
     "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"},
    {"SP 800-38A F.1.1 block 1", "2b7e151628aed2a6abf7158809cf4f3c",
     "6bc1bee22e409f96e93d7e117393172a", "3ad77bb40d7a3660a89ecaf32466ef97"},
    {"SP 800-38A F.1.1 block 2", "2b7e151628aed2a6abf7158809cf4f3c",
     "ae2d8a571e03ac9c9eb76fac45af8e51", "f5d3d58503b9699de785895a96fdbaaf"},
    {"SP 800-38A F.1.1 block 3", "2b7e151628aed2a6abf7158809cf4f3c",
     "30c81c46a35ce411e5fbc1191a0a52ef", "43b1cd7f598ece23881b00e3ed030688"},
    {"SP 800-38A F.1.1 block 4", "2b7e151628aed2a6abf7158809cf4f3c",
     "f69f2445df4f9b17ad2b417be66c3710", "7b0c785e27e8ad3f8223207104725dd4"},
};

TEST(Aes128, GivesThePublishedVectors) {
    for (const Vector& vector : kVectors) {
        SCOPED_TRACE(vector.source);
        const Aes128 cipher{from_hex(vector.key)};
        const Block expected = block_from_hex(vector.cipher);
        EXPECT_EQ(cipher.encrypt(block_from_hex(vector.plain)), expected);
        Block portable = block_from_hex(vector.plain);
        cipher.encrypt_portably({&portable, 1});
        EXPECT_EQ(portable, expected);
    }
}

TEST(Aes128, GivesTheSameOneByOneInBatchesAndPortably) {
    std::mt19937_64 random{1};
    for (std::size_t count = 0; count <= 70; ++count) {
        SCOPED_TRACE(count);
        Secret key;
        for (auto& byte : key) {
            byte = static_cast<std::uint8_t>(random());
        }
        const Aes128 cipher{key};
        // One block more than is encrypted: nothing behind the batch may be written.
        std::vector<Block> plain(count + 1);
        for (Block& block : plain) {
            block = {random(), random()};
        }
        auto batch = plain;
        cipher.encrypt({batch.data(), count});
        auto without_vectors = plain;
        cipher.encrypt_without_vectors({without_vectors.data(), count});
        auto portable = plain;
        cipher.encrypt_portably({portable.data(), count});
        auto single = plain;
        for (std::size_t i = 0; i < count; ++i) {
            single[i] = cipher.encrypt(plain[i]);
            EXPECT_NE(single[i], plain[i]);
        }
        EXPECT_EQ(batch, single);
        EXPECT_EQ(without_vectors, single);
        EXPECT_EQ(portable, single);
    }
}

TEST(Aes128, RunsOnTheInstructionsWhereThereAreSome) {
    const std::string expected = __builtin_cpu_supports("aes") ? "aes-ni" : "portable";
    if (__builtin_cpu_supports("avx512f") && Aes128::implementation() == std::string{"vaes"}) {
        return;
    }
    EXPECT_EQ(Aes128::implementation(), expected);
}

}  // namespace
}  // namespace synward::tcp
