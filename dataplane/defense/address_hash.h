// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/address_words.h"

namespace synward::defense {

/// Where something about an inside address (`extra` tells apart what is known of one address)
/// belongs in a small table. Cheap, for tables that only the inside's own segments can add to: an
/// attacker chooses neither their keys nor, without `seed`, knows where one lies.
inline std::uint64_t address_hash(const wire::Address& address, std::uint64_t extra,
                                  std::uint64_t seed) {
    return wire::mixed(wire::words_of(address), seed ^ (extra + 1) * 0x9e37'79b9'7f4a'7c15U);
}

}  // namespace synward::defense
