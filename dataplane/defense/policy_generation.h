// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "defense/classifier.h"
#include "defense/policy.h"
#include "defense/source_lists.h"

namespace synward::defense {

/// What a ServiceIndex stands for. Flows refer to their service by it, so that it stands for one
/// service as long as any flow may.
struct Slot {
    enum class Use : std::uint8_t {
        kFree,
        kService,
        kRetired,     ///< its service is gone; flows may still refer to it
        kUndefended,  ///< where the flows go on whose service is gone, until they end
    };
    Use use = Use::kFree;
    std::uint64_t since = 0;       ///< the generation that put the service there
    std::uint64_t retired_at = 0;  ///< the generation that retired it
    /// kService, when new: the service that had its first address before.
    std::optional<ServiceIndex> predecessor;
    /// kRetired: the service that has its first address now, and the account of its credits.
    std::optional<ServiceIndex> successor;
};

/// A policy and all that is made of it once for all workers. Immutable; workers go from one
/// generation to a later one between two batches (Defender::adopt).
///
/// A service is the same in two policies if it has the same name, or another name and the very same
/// addresses and ports. It keeps its index; a new one gets an index to which no flow refers.
class PolicyGeneration {
  public:
    /// The first: services have the indices that they have in the policy.
    explicit PolicyGeneration(Policy policy);
    /// The one after `before`. `settled`: a generation whose flows have all found a new service, in
    /// every worker, where that generation or an earlier one retired theirs (Defender::settled).
    /// Throws std::length_error when there is no index left for a new service: it will be there
    /// once the workers have settled.
    PolicyGeneration(Policy policy, const PolicyGeneration& before, std::uint64_t settled);

    [[nodiscard]] std::uint64_t number() const { return number_; }
    /// `services` has one entry for each index. Those that stand for no service have no address.
    [[nodiscard]] const Policy& policy() const { return policy_; }
    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
    [[nodiscard]] const Classifier& classifier() const { return classifier_; }
    [[nodiscard]] const SourceLists& source_lists() const { return source_lists_; }
    /// The slot of Use::kUndefended, once any service has gone.
    [[nodiscard]] std::optional<ServiceIndex> undefended() const { return undefended_; }
    [[nodiscard]] bool any_is_monitored() const { return any_is_monitored_; }

    /// What a worker keeps in tables whose size depends on the policy has to be made anew by
    /// workers that come from a generation before these.
    struct Tables {
        std::uint64_t answer_limit = 1;
        std::uint64_t source_budgets = 1;
        std::uint64_t admitted_sources = 1;
        bool counts_sources = false;  ///< is needed, or was in an earlier generation
        bool admits_sources = false;  ///< the same
    };
    [[nodiscard]] const Tables& tables() const { return tables_; }

  private:
    /// Finds who has the addresses of services that are gone.
    void name_successors(const PolicyGeneration& before);
    Tables tables_after(const PolicyGeneration& before) const;

    std::uint64_t number_ = 1;
    std::vector<Slot> slots_;  // before policy_, whose services are arranged by it
    std::optional<ServiceIndex> undefended_;
    Policy policy_;
    Classifier classifier_;
    SourceLists source_lists_;
    bool any_is_monitored_ = false;
    Tables tables_;
};

}  // namespace synward::defense
