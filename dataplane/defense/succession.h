// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "defense/admitted_sources.h"
#include "defense/answer_limit.h"
#include "defense/service_state.h"
#include "defense/source_budgets.h"

namespace synward::defense {

/// What one worker needs to go over to a generation of the policy, made by the control thread so
/// that the worker allocates nothing; afterwards it has what the worker used before, for the
/// control thread to free.
struct Succession {
    std::vector<ServiceState> services;  ///< one for each index, none of them used yet
    // Only where the old one does not do:
    std::optional<AnswerLimit> answer_limit;
    std::optional<SourceBudgets> source_budgets;
    std::optional<AdmittedSources> admitted_sources;
};

}  // namespace synward::defense
