// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace synward::bench {

enum class Simd { kAvx2, kAvx512 };

/// SipHash-2-4 (J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012) of
/// `kLanes` messages of equal length at once, one in each 64-bit lane: the best that vectors can do
/// for it, to compare AES with. The program must not call it on a processor without `kSimd`.
///
/// `words` holds the first word of every message, then the second of every message, and so on;
/// the last is the one with the length in its top byte.
template <Simd kSimd, std::size_t kLanes>
void siphash_24(const std::array<std::uint64_t, 2>& key, const std::uint64_t* words,
                std::size_t words_per_message, std::uint64_t* results);

}  // namespace synward::bench
