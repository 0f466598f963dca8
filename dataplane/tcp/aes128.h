// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace synward::tcp {

/// A 128-bit key, from the kernel's random numbers or derived from a master secret.
using Secret = std::array<std::uint8_t, 16>;

/// 128 bits as the cipher takes and gives them; `low` holds the first eight bytes, little-endian.
struct Block {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend constexpr bool operator==(const Block&, const Block&) = default;
    friend constexpr Block operator^(const Block& a, const Block& b) {
        return {a.low ^ b.low, a.high ^ b.high};
    }
};
static_assert(sizeof(Block) == 16);

/// AES-128 (FIPS 197), the forward direction alone: a pseudo-random permutation from which the
/// keyed hash and the cookies are made. Uses the processor's AES instructions where it has them
/// (found once, when the program starts) and gives the same result without.
///
/// Why not SipHash-2-4, the usual choice: measured with bench/mac/mac_bench (Zen 5 at 2.6 GHz, g++
/// 12 with LTO, batches of 64), in nanoseconds for one input,
///
///                                      IPv4 tuple   IPv6 tuple   cookie's MAC
///     AES-NI, 128 bits                    2.2          5.5           1.5
///     SipHash-2-4, 64 bits, libsodium    11.4         16.5          12.5
///       in eight lanes of AVX2            5.5          8.9           5.4
///       in sixteen lanes of AVX-512       1.9          3.1           2.3
///
/// so AES is 3 to 8 times as fast as libsodium and 1.6 to 3.6 times as fast as the best AVX2, which
/// is the baseline; AVX-512 makes up for it only where it exists and a batch is full, and there
/// VAES (not in this table) takes 1.2 ns for the hash of an IPv4 tuple. AES needs no full batch:
/// called one by one, a whole cookie takes 2.6 ns. Without AES instructions, which no processor of
/// the x86-64-v3 baseline lacks, it takes 145 ns a block; boxes that share a secret must agree on
/// one function, so there is no switch.
///
/// Any thread; the object is immutable once constructed.
class Aes128 {
  public:
    explicit Aes128(const Secret& key);

    [[nodiscard]] Block encrypt(Block plain) const;
    /// In place; independent blocks are interleaved, so a batch costs far less than its blocks.
    void encrypt(std::span<Block> blocks) const;
    /// The same without VAES, for processors that do not have it.
    void encrypt_without_vectors(std::span<Block> blocks) const;
    /// The same without the processor's AES instructions: what encrypt() runs on where there are
    /// none, and what they are checked against. Its table look-ups depend on the data.
    void encrypt_portably(std::span<Block> blocks) const;

    /// What encrypt() runs on: "vaes" (four blocks in a register of AVX-512, for batches; "aes-ni"
    /// for one), "aes-ni" or "portable".
    static const char* implementation();

  private:
    alignas(16) std::array<Block, 11> round_keys_;
};

}  // namespace synward::tcp
