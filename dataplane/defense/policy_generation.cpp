// SPDX-License-Identifier: BSD-3-Clause
#include "defense/policy_generation.h"

#include <algorithm>
#include <utility>

#include "defense/service_slots.h"

namespace synward::defense {
namespace {

bool challenges_by_reset(const Policy& policy) {
    return std::ranges::any_of(policy.services, [](const ServicePolicy& service) {
        return service.method == Method::kReset;
    });
}

bool monitors(const Policy& policy) {
    return std::ranges::any_of(policy.services, [](const ServicePolicy& service) {
        return service.challenge == Challenge::kMonitor;
    });
}

bool limits_connections(const Policy& policy) {
    return policy.sources.new_connections || policy.sources.concurrent;
}

/// The policy with its services at their indices.
Policy with(std::vector<ServicePolicy> services, Policy policy) {
    policy.services = std::move(services);
    return policy;
}

}  // namespace

PolicyGeneration::PolicyGeneration(Policy policy)
    : slots_(policy.services.size(), {.use = Slot::Use::kService, .since = 1}),
      policy_{std::move(policy)},
      classifier_{policy_.services},
      source_lists_{policy_},
      any_is_monitored_{monitors(policy_)} {
    tables_.counts_sources = limits_connections(policy_);
    tables_.admits_sources = challenges_by_reset(policy_);
}

PolicyGeneration::PolicyGeneration(Policy policy, const PolicyGeneration& before,
                                   std::uint64_t settled)
    : number_{before.number_ + 1},
      policy_{[&] {
          ServiceSlots found =
              arranged(std::move(policy.services), before, before.number_ + 1, settled);
          slots_ = std::move(found.slots);
          undefended_ = found.undefended;
          return with(std::move(found.services), std::move(policy));
      }()},
      classifier_{policy_.services},
      source_lists_{policy_, undefended_},
      any_is_monitored_{monitors(policy_)},
      tables_{tables_after(before)} {
    name_successors(before);
}

void PolicyGeneration::name_successors(const PolicyGeneration& before) {
    for (std::size_t index = 0; index < before.slots_.size(); ++index) {
        Slot& slot = slots_[index];
        const ServicePolicy& gone = before.policy_.services[index];
        if (slot.use != Slot::Use::kRetired || slot.retired_at != number_ ||
            gone.addresses.empty() || gone.ports.empty()) {
            continue;
        }
        slot.successor =
            classifier_.service_of(gone.addresses.front().address, gone.ports.front().first);
        if (!slot.successor) {  // or the other way round: who had the new one's first address
            const auto found = std::ranges::find_if(slots_, [&](const Slot& other) {
                return other.since == number_ && other.predecessor == index;
            });
            if (found != slots_.end()) {
                slot.successor = static_cast<ServiceIndex>(found - slots_.begin());
            }
            continue;
        }
        if (!slots_[*slot.successor].predecessor && slots_[*slot.successor].since == number_) {
            slots_[*slot.successor].predecessor = static_cast<ServiceIndex>(index);
        }
    }
    for (Slot& slot : slots_) {
        // The successor of one that went earlier may have gone itself.
        if (slot.successor && slots_[*slot.successor].use == Slot::Use::kRetired) {
            slot.successor = slots_[*slot.successor].successor;
        }
    }
}

PolicyGeneration::Tables PolicyGeneration::tables_after(const PolicyGeneration& before) const {
    Tables tables = before.tables_;
    const Policy& old = before.policy_;
    if (policy_.sources.answers != old.sources.answers) {
        tables.answer_limit = number_;
    }
    // Once there, this one stays: flows that it counts are to be given back.
    if (limits_connections(policy_) && !tables.counts_sources) {
        tables.counts_sources = true;
        tables.source_budgets = number_;
    }
    const bool needed = challenges_by_reset(policy_);
    if ((needed && !tables.admits_sources) || policy_.admission.sources != old.admission.sources) {
        tables.admits_sources |= needed;
        tables.admitted_sources = number_;
    }
    return tables;
}

}  // namespace synward::defense
