// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "defense/policy_generation.h"

namespace synward::defense {

/// The services of a policy, each at its index.
struct ServiceSlots {
    std::vector<Slot> slots;
    std::vector<ServicePolicy> services;  ///< one for each slot; without addresses where no service
    std::optional<ServiceIndex> undefended;
};

/// Gives the services of generation `number` their indices, after those of `before`; see
/// PolicyGeneration. Control thread.
ServiceSlots arranged(std::vector<ServicePolicy> services, const PolicyGeneration& before,
                      std::uint64_t number, std::uint64_t settled);

}  // namespace synward::defense
