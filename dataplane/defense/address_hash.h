// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstring>

#include "wire/address.h"

namespace synward::defense {

/// Where something about an inside address (`extra` tells apart what is known of one address)
/// belongs in a small table. Cheap, for tables that only the inside's own segments can add to: an
/// attacker chooses neither their keys nor, without `seed`, knows where one lies.
inline std::uint64_t address_hash(const wire::Address& address, std::uint64_t extra,
                                  std::uint64_t seed) {
    std::uint64_t words[2];
    static_assert(sizeof words == sizeof address.bytes);
    std::memcpy(words, address.bytes.data(), sizeof words);
    // The finalizer of SplitMix64: every bit of the result depends on every bit of the word.
    const auto mixed = [](std::uint64_t word) {
        word = (word ^ word >> 30U) * 0xbf58'476d'1ce4'e5b9U;
        word = (word ^ word >> 27U) * 0x94d0'49bb'1331'11ebU;
        return word ^ word >> 31U;
    };
    return mixed(mixed(mixed(words[0] ^ seed) ^ words[1]) ^ extra);
}

}  // namespace synward::defense
