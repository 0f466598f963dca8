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
/// Any thread; the object is immutable once constructed.
class Aes128 {
  public:
    explicit Aes128(const Secret& key);

    [[nodiscard]] Block encrypt(Block plain) const;
    /// In place; independent blocks are interleaved, so a batch costs far less than its blocks.
    void encrypt(std::span<Block> blocks) const;
    /// The same without the processor's AES instructions: what encrypt() runs on where there are
    /// none, and what they are checked against. Its table look-ups depend on the data.
    void encrypt_portably(std::span<Block> blocks) const;

    /// What encrypt() runs on: "aes-ni" or "portable".
    static const char* implementation();

  private:
    alignas(16) std::array<Block, 11> round_keys_;
};

}  // namespace synward::tcp
