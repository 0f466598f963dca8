// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "defense/policy.h"
#include "defense/prefix_map.h"
#include "wire/four_tuple.h"

namespace synward::defense {

/// The number of a service in Policy::services.
using ServiceIndex = std::uint16_t;

/// Finds the service of an inside address and port: of those whose prefix holds the address and
/// whose ports hold the port, the one with the longest prefix.
///
/// Built once by the control thread; lookups do not allocate and cost one hash probe for each
/// prefix length that the policy uses.
class Classifier {
  public:
    explicit Classifier(const std::vector<ServicePolicy>& services);

    [[nodiscard]] [[gnu::always_inline]] std::optional<ServiceIndex> service_of(
        const wire::Address& inside_address, std::uint16_t inside_port) const {
        const Group* const group = groups_.find(inside_address);
        if (group == nullptr) {
            return std::nullopt;
        }
        if (group->owner_count != 1) [[unlikely]] {
            return service_among(*group, inside_port);
        }
        return group->first.range.holds(inside_port) ? std::optional{group->first.service}
                                                     : std::nullopt;
    }
    /// Whether any port of the address belongs to a service for which `matches(ServiceIndex)`.
    template <typename Matches>
    [[nodiscard]] bool any_service(const wire::Address& inside_address, Matches&& matches) const {
        const Group* const group = groups_.find(inside_address);
        if (group == nullptr) {
            return false;
        }
        const auto first = owners_.begin() + group->first_owner;
        return std::any_of(first, first + group->owner_count,
                           [&](const PortOwner& owner) { return matches(owner.service); });
    }

  private:
    struct PortOwner {
        PortRange range;
        ServiceIndex service;
    };
    /// The services of one prefix: a run of `owners_`, sorted by port, without overlaps. Most have
    /// but one, which therefore lies here as well.
    struct Group {
        std::uint32_t first_owner = 0;
        std::uint32_t owner_count = 0;
        PortOwner first{};
    };

    [[nodiscard]] [[gnu::noinline]] std::optional<ServiceIndex> service_among(
        const Group& group, std::uint16_t inside_port) const;
    Group add_group(const wire::Prefix& prefix, const std::vector<ServicePolicy>& services);

    PrefixMap<Group> groups_;
    std::vector<PortOwner> owners_;
};

}  // namespace synward::defense
