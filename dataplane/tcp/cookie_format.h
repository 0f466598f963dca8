// SPDX-License-Identifier: BSD-3-Clause
//
// What lies where in a cookie: see CookieKeys.
#pragma once

#include <cstdint>

#include "tcp/cookie.h"

namespace synward::tcp {

// ---- 32 bits: the options in a TSval -----------------------------------------------------------
//
// From bit 0: window scale (4), SACK (1), ECN (1), MSS (14), epoch (12). The epoch is on top so
// that the value grows with time, as timestamps must (RFC 7323 section 4.3).

inline constexpr std::uint32_t kSackBit = 1U << 4;
inline constexpr std::uint32_t kEcnBit = 1U << 5;
inline constexpr unsigned kMssShift = 6;
inline constexpr std::uint32_t kMssMask = (1U << 14) - 1;
inline constexpr unsigned kTimestampEpochShift = 20;
inline constexpr Epoch kTimestampEpochMask = (1U << 12) - 1;

// ---- The MAC -----------------------------------------------------------------------------------
//
// One AES run with the epoch's key over the tuple's hash X, with the client's ISN and the TSval
// added into X.low and the cookie's form into the top of X.high. Two different inputs of one tuple
// never meet, and those of two tuples only where their X.high do (2^-64 for each pair, nothing of
// it ever being sent), so over secret X this is as good as a MAC over all the fields. H1, of which
// the sequence numbers show a forger who knows his own cookies some bits, is X.low's: it tells him
// nothing of X.high, and nothing of the X of a tuple whose SYN-ACKs he does not see.

inline constexpr std::uint64_t kWithoutTimestamps = std::uint64_t{1} << 56;
inline constexpr std::uint64_t kWithTimestamps = std::uint64_t{2} << 56;
inline constexpr unsigned kEpochShift = 24;
inline constexpr Epoch kEpochMask = 0xff;
inline constexpr std::uint32_t kMacMask = (1U << kEpochShift) - 1;

}  // namespace synward::tcp
