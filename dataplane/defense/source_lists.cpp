// SPDX-License-Identifier: BSD-3-Clause
#include "defense/source_lists.h"

#include <algorithm>

namespace synward::defense {

SourceLists::SourceLists(const Policy& policy, std::optional<ServiceIndex> exempt)
    : exempt_{exempt}, general_{rules(policy.sources.lists)} {
    const auto has_own = [](const ServicePolicy& service) { return !service.sources.empty(); };
    if (std::ranges::any_of(policy.services, has_own)) {
        own_.reserve(policy.services.size());
        for (const ServicePolicy& service : policy.services) {
            own_.push_back(rules(service.sources));
        }
    }
}

SourceLists::Rules SourceLists::rules(const SourceListsPolicy& lists) {
    any_allowed_ |= !lists.allow.empty();
    any_denied_ |= !lists.deny.empty();
    std::vector<Rules::Entry> entries;
    for (const wire::Prefix& prefix : lists.deny) {
        entries.push_back({prefix, SourceRule::kDeny});
    }
    for (const wire::Prefix& prefix : lists.allow) {
        entries.push_back({prefix, SourceRule::kAllow});
    }
    return Rules{entries};
}

SourceRule SourceLists::rule_of(const wire::Address& source, ServiceIndex service) const {
    if (!own_.empty()) {
        if (const SourceRule* const rule = own_[service].find(source)) {
            return *rule;
        }
    }
    const SourceRule* const rule = general_.find(source);
    return rule == nullptr ? SourceRule::kNone : *rule;
}

}  // namespace synward::defense
