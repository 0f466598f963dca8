// SPDX-License-Identifier: BSD-3-Clause
#include "defense/classifier.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace synward::defense {
namespace {

/// How specific a service's claim to an address is: its longest prefix that holds `network`, or
/// nothing.
std::optional<unsigned> claim(const ServicePolicy& service, const wire::Prefix& network) {
    std::optional<unsigned> longest;
    for (const wire::Prefix& prefix : service.addresses) {
        if (prefix.length <= network.length && prefix.contains(network.address)) {
            longest = std::max(longest.value_or(0), unsigned{prefix.length});
        }
    }
    return longest;
}

}  // namespace

Classifier::Classifier(const std::vector<ServicePolicy>& services) {
    if (services.size() > 0xffff) {
        throw std::length_error{"more than 65,535 services"};
    }
    std::set<std::pair<wire::Address, std::uint8_t>> known;
    std::vector<PrefixMap<Group>::Entry> groups;
    for (const ServicePolicy& service : services) {
        for (const wire::Prefix& prefix : service.addresses) {
            if (known.emplace(prefix.address, prefix.mapped_length()).second) {
                groups.push_back({prefix, add_group(prefix, services)});
            }
        }
    }
    groups_ = PrefixMap<Group>{groups};
}

/// Ports of less specific prefixes are copied into the more specific group, so that a lookup never
/// goes on to a shorter prefix.
Classifier::Group Classifier::add_group(const wire::Prefix& prefix,
                                        const std::vector<ServicePolicy>& services) {
    struct Claim {
        unsigned specificity;
        ServiceIndex service;
    };
    std::vector<Claim> claims;
    for (std::size_t index = 0; index < services.size(); ++index) {
        if (const auto specificity = claim(services[index], prefix)) {
            claims.push_back({*specificity, static_cast<ServiceIndex>(index)});
        }
    }
    std::stable_sort(claims.begin(), claims.end(),
                     [](const Claim& a, const Claim& b) { return a.specificity > b.specificity; });
    // Every boundary at which the owner may change; between two of them the first claim decides.
    std::set<std::uint32_t> boundaries;
    for (const Claim& candidate : claims) {
        for (const PortRange& range : services[candidate.service].ports) {
            boundaries.insert(range.first);
            boundaries.insert(range.last + 1U);
        }
    }
    Group group{static_cast<std::uint32_t>(owners_.size()), 0};
    for (auto boundary = boundaries.begin(); boundary != boundaries.end(); ++boundary) {
        const auto after = std::next(boundary);
        const std::uint32_t end = after == boundaries.end() ? *boundary : *after;
        const auto owner = std::find_if(claims.begin(), claims.end(), [&](const Claim& candidate) {
            const auto& ports = services[candidate.service].ports;
            return std::any_of(ports.begin(), ports.end(), [&](const PortRange& range) {
                return range.first <= *boundary && *boundary <= range.last;
            });
        });
        if (owner != claims.end() && end > *boundary) {
            owners_.push_back(
                {{static_cast<std::uint16_t>(*boundary), static_cast<std::uint16_t>(end - 1)},
                 owner->service});
            ++group.owner_count;
        }
    }
    if (group.owner_count != 0) {
        group.first = owners_[group.first_owner];
    }
    return group;
}

std::optional<ServiceIndex> Classifier::service_among(const Group& group,
                                                      std::uint16_t inside_port) const {
    const auto first = owners_.begin() + group.first_owner;
    const auto last = first + group.owner_count;
    const auto behind = std::upper_bound(
        first, last, inside_port,
        [](std::uint16_t port, const PortOwner& owner) { return port < owner.range.first; });
    if (behind == first || std::prev(behind)->range.last < inside_port) {
        return std::nullopt;
    }
    return std::prev(behind)->service;
}

}  // namespace synward::defense
