// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "defense/policy.h"
#include "support/dialogue.h"
#include "wire/four_tuple.h"

namespace synward::fuzz {

/// A valid frame and the side on which it arrives.
struct Seed {
    wire::Side from = wire::Side::kOutside;
    test::Bytes frame;
};

/// One service for each way of challenging, on ports 80 (always), 81 (over-budget), 82 (never) and
/// 83 (monitor) of policy_with()'s addresses, with little room and little patience.
defense::Policy policy_with_every_challenge();

/// Frames that belong to no connection: every kind of what is no TCP, fragments, extension headers,
/// options of all kinds.
void add_frames_without_connection(std::vector<Seed>& seeds);

/// The segments that either end of an open connection may send now. `dialogue` knows its numbers.
void add_frames_of(const test::Dialogue& dialogue, std::vector<Seed>& seeds);

}  // namespace synward::fuzz
