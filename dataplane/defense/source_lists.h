// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "defense/classifier.h"
#include "defense/policy.h"
#include "defense/prefix_map.h"
#include "wire/address.h"

namespace synward::defense {

/// How the policy's lists have a source treated.
enum class SourceRule : std::uint8_t {
    kNone,   ///< on no list: as everybody
    kAllow,  ///< its SYNs pass unchallenged, and no limit counts it
    kDeny,   ///< nothing of it reaches a defended service
};

/// The allow and deny lists of a policy. The longest prefix that holds a source decides, whichever
/// list it is on; a service's own lists decide before those for all.
///
/// Immutable once made; a lookup costs what PrefixMap's does, twice where a service has its own.
class SourceLists {
  public:
    /// `exempt`: a service that no list concerns.
    explicit SourceLists(const Policy& policy, std::optional<ServiceIndex> exempt = {});

    [[nodiscard]] bool allows(const wire::Address& source, ServiceIndex service) const {
        return any_allowed_ && rule_of(source, service) == SourceRule::kAllow;
    }
    [[nodiscard]] bool denies(const wire::Address& source, ServiceIndex service) const {
        return any_denied_ && rule_of(source, service) == SourceRule::kDeny && service != exempt_;
    }
    [[nodiscard]] bool any_denied() const { return any_denied_; }
    /// No source is on any list.
    [[nodiscard]] bool empty() const { return !any_denied_ && !any_allowed_; }

  private:
    using Rules = PrefixMap<SourceRule>;

    Rules rules(const SourceListsPolicy& lists);
    [[nodiscard]] SourceRule rule_of(const wire::Address& source, ServiceIndex service) const;

    std::optional<ServiceIndex> exempt_;
    bool any_allowed_ = false;
    bool any_denied_ = false;
    Rules general_;
    std::vector<Rules> own_;  ///< by service; none at all where no service has its own
};

}  // namespace synward::defense
