// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "tcp/aes128.h"

namespace synward::defense {

/// What the decisions of one worker depend on besides the policy.
struct Surroundings {
    tcp::Secret cookie_secret{};
    std::uint32_t workers = 1;        ///< the budget is shared evenly between them
    std::uint16_t worker = 0;         ///< this one
    bool steers_by_software = false;  ///< workers own connections by tcp::owner_of
    std::uint16_t mss_ipv4 = 1460;    ///< what the links carry
    std::uint16_t mss_ipv6 = 1440;
    bool cookies_are_shared = false;   ///< other boxes issue cookies with the same secret
    unsigned inside_addresses = 4096;  ///< of which something is remembered; a multiple of four
};

}  // namespace synward::defense
