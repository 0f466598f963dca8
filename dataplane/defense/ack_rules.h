// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "defense/figures.h"
#include "defense/recent_ports.h"
#include "wire/reason.h"

namespace synward::defense {

/// What becomes of all ACKs of clients for one inside address and port that belong to no flow and
/// cannot carry a cookie, for as long as a cookie epoch lasts: they are dropped.
struct alignas(32) AckRule {
    std::uint64_t key = 0;
    std::uint64_t stamp = 0;
    ServiceFigures* figures = nullptr;  ///< whose cookies these fail; nullptr: of none
    wire::Reason bare = wire::Reason::kAckWithoutFlow;  ///< why, where they have no data
    std::uint32_t untold = 0;                           ///< ACKs that `figures` do not know of yet

    void tell() const { figures->failed.add(untold); }
};
static_assert(sizeof(AckRule) == 32);

using AckRules = RecentPorts<AckRule>;

}  // namespace synward::defense
