// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "impair/impairment.h"

namespace synward::impair {

/// What is to happen to one packet.
struct Fate {
    bool lost = false;
    bool duplicated = false;
    bool held_back = false;
    bool corrupted = false;
    std::uint32_t corrupt_place = 0;  ///< evenly distributed: where the flipped bit lies
    Duration jitter{};

    friend bool operator==(const Fate&, const Fate&) = default;
};

/// The fate of a direction's packet number `number`; depends on the arguments alone, and for each
/// kind of harm on nothing that is said of the others.
Fate fate_of(const Impairment& impairment, std::uint64_t seed, std::uint64_t number);

}  // namespace synward::impair
