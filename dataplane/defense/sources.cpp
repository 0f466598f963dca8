// SPDX-License-Identifier: BSD-3-Clause
//
// What the lists and the budgets say of the source of a segment or a flow.
#include "defense/defender.h"

namespace synward::defense {

using wire::Reason;
using wire::Segment;
using wire::Side;

bool Defender::is_denied(const Segment& segment, ServiceIndex service) const {
    return segment.from == Side::kOutside &&
           source_lists().denies(segment.tuple.outside_address, service);
}

bool Defender::is_denied(const Segment& segment) const {
    return source_lists().any_denied() && segment.from == Side::kOutside &&
           classifier().any_service(segment.tuple.inside_address, [&](ServiceIndex service) {
               return services_[service].challenge() != Challenge::kMonitor &&
                      source_lists().denies(segment.tuple.outside_address, service);
           });
}

std::optional<Reason> Defender::over_budget_of_source(const wire::Address& source,
                                                      ServiceIndex service) const {
    const auto standing = source_budgets_.standing(source, now_);
    if (standing == SourceBudgets::Standing::kWithin || source_lists().allows(source, service)) {
        return std::nullopt;
    }
    return standing == SourceBudgets::Standing::kOverRate ? Reason::kSourceOverRate
                                                          : Reason::kSourceOverConcurrent;
}

void Defender::count_at_source(flow::Flow& flow) {
    const wire::Address& source = flow.tuple.outside_address;
    if (flow.counted_at_source || flow.opener() != Side::kOutside ||
        services_[flow.service].challenge() == Challenge::kNever ||
        source_lists().allows(source, flow.service)) {
        return;
    }
    flow.counted_at_source = source_budgets_.count(source, now_) ? 1 : 0;
}

void Defender::give_place_back(flow::Flow& flow) {
    if (flow.counted_at_source) {
        source_budgets_.give_back(flow.tuple.outside_address);
        flow.counted_at_source = 0;
    }
}

}  // namespace synward::defense
