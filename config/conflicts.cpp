// SPDX-License-Identifier: BSD-3-Clause
#include "config/conflicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "config/wording.h"

namespace synward::config {
namespace {

bool overlap(const Range& a, const Range& b) {
    return a.least <= b.most && b.least <= a.most;
}

std::string range_text(const Range& range) {
    return range.least == range.most ? fmt::format("{}", range.least)
                                     : fmt::format("{}-{}", range.least, range.most);
}

/// The first ports that both claims have.
std::optional<Range> common_ports(const Claim& a, const Claim& b) {
    static const std::vector<Placed<Range>> kEveryPort{{{1, 65535}, {}}};
    for (const auto& ours : a.ports.empty() ? kEveryPort : a.ports) {
        for (const auto& theirs : b.ports.empty() ? kEveryPort : b.ports) {
            if (overlap(ours.value, theirs.value)) {
                return Range{std::max(ours.value.least, theirs.value.least),
                             std::min(ours.value.most, theirs.value.most)};
            }
        }
    }
    return std::nullopt;
}

/// A service that claims some prefix, and where it does so.
struct Claimant {
    const Claim* claim;
    const Place* place;
};

void check_address(const Placed<wire::Prefix>& address, const Claim& claim,
                   const std::vector<Claimant>& earlier, Errors& errors) {
    for (const auto& [other, place] : earlier) {
        if (other == &claim) {
            errors.add(address.place,
                       {fmt::format("{} is the same as {}", address.value.text(),
                                    errors.reference(*place)),
                        {}},
                       "each address once");
            return;
        }
        if (const auto common = common_ports(claim, *other)) {
            errors.add(address.place,
                       {fmt::format("{} with port {} belongs to {} already", address.value.text(),
                                    range_text(*common), errors.reference(*place)),
                        {}},
                       "an address and a port in one service only");
            return;
        }
    }
}

}  // namespace

void require_unique(const std::vector<Placed<std::string>>& values, const std::string& expected,
                    Errors& errors) {
    std::map<std::string_view, const Place*> first;
    for (const auto& [value, place] : values) {
        if (value.empty()) {
            continue;
        }
        const auto [entry, is_new] = first.try_emplace(value, &place);
        if (!is_new) {
            errors.add(place,
                       {fmt::format("{} is the same as {}", in_quotes(value),
                                    errors.reference(*entry->second)),
                        {}},
                       expected);
        }
    }
}

void require_disjoint(const std::vector<Placed<Range>>& ranges, const std::string& expected,
                      Errors& errors) {
    for (auto range = ranges.begin(); range != ranges.end(); ++range) {
        const auto earlier = std::find_if(ranges.begin(), range, [&](const auto& other) {
            return overlap(range->value, other.value);
        });
        if (earlier != range) {
            errors.add(range->place,
                       {fmt::format("{} overlaps {}", range_text(range->value),
                                    errors.reference(earlier->place)),
                        {}},
                       expected);
        }
    }
}

void require_separate(const std::vector<Claim>& claims, Errors& errors) {
    std::map<std::tuple<wire::Address, unsigned>, std::vector<Claimant>> claimants;
    for (const Claim& claim : claims) {
        for (const auto& address : claim.addresses) {
            auto& earlier = claimants[{address.value.address, address.value.mapped_length()}];
            check_address(address, claim, earlier, errors);
            earlier.push_back({&claim, &address.place});
        }
    }
}

}  // namespace synward::config
