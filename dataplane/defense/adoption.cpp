// SPDX-License-Identifier: BSD-3-Clause
//
// How a worker goes over from one policy to the next.
#include <algorithm>
#include <utility>

#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {
namespace {

/// One worker's part of a limit for all, rounded up.
std::uint32_t share(std::uint32_t limit, std::uint32_t workers) {
    return (limit + workers - 1) / workers;
}

SourcePrefix source_prefix_of(const Policy& policy) {
    return {policy.sources.ipv4_prefix, policy.sources.ipv6_prefix};
}

}  // namespace

std::vector<ServiceState> Defender::services_for(const PolicyGeneration& generation,
                                                 const ServiceFiguresList& figures) const {
    std::vector<ServiceState> services;
    services.reserve(generation.policy().services.size());
    for (const ServicePolicy& service : generation.policy().services) {
        services.emplace_back(
            service, std::max(1U, service.budget / surroundings_.workers), surroundings_.mss_ipv4,
            surroundings_.mss_ipv6, surroundings_.cookies_are_shared,
            services.size() < figures.size() ? figures[services.size()] : nullptr);
    }
    return services;
}

AnswerLimit Defender::answer_limit_for(const Policy& policy) const {
    return {share(policy.sources.answers, surroundings_.workers), source_prefix_of(policy),
            hasher_(wire::FourTuple{}).low};
}

SourceBudgets Defender::source_budgets_for(const Policy& policy) const {
    return {SourceBudgets::share(policy.sources, surroundings_.workers), source_prefix_of(policy),
            table_.capacity(), hasher_(wire::FourTuple{}).high};
}

ServiceFiguresList Defender::service_figures() const {
    ServiceFiguresList figures;
    for (const ServiceState& service : services_) {
        figures.push_back(service.shared_figures());
    }
    return figures;
}

Succession Defender::prepare(const PolicyGeneration& next, std::uint64_t from,
                             const ServiceFiguresList& figures) const {
    Succession succession{.services = services_for(next, figures)};
    const PolicyGeneration::Tables& tables = next.tables();
    if (tables.answer_limit > from) {
        succession.answer_limit.emplace(answer_limit_for(next.policy()));
    }
    if (tables.source_budgets > from) {
        succession.source_budgets.emplace(source_budgets_for(next.policy()));
    }
    if (tables.admitted_sources > from) {
        succession.admitted_sources.emplace(next.policy().admission, hasher_,
                                            tables.admits_sources);
    }
    return succession;
}

void Defender::adopt(const PolicyGeneration& next, Succession& succession) {
    std::vector<ServiceState>& states = succession.services;
    for (std::size_t index = 0; index < states.size(); ++index) {
        const Slot& slot = next.slots()[index];
        if (index < services_.size() && slot.since <= generation_number_) {
            has_news_ |= states[index].continue_from(services_[index]);
        } else {
            if (slot.predecessor && *slot.predecessor < services_.size()) {
                states[index].inherit_promises(services_[*slot.predecessor]);
            } else if (slot.use == Slot::Use::kService) {
                pick_up_.begin_again(now_);
            }
            states[index].begin_epoch(keys_.current());
        }
        // Addresses may have gone from one service to another, and cookies with them.
        states[index].cookies_may_be_outstanding(has_issued_);
        states[index].tell_credits();
    }
    for (std::size_t index = 0; index < states.size(); ++index) {
        if (const auto successor = next.slots()[index].successor) {
            // At once, or a flood would have a whole budget more until its flows have settled.
            states[*successor].take_over_credits_of(states[index]);
        }
    }
    services_.swap(states);
    floods_.forget_all();
    plain_.close();
    // What lies in the new tables is for the control thread to free.
    const PolicyGeneration::Tables& tables = next.tables();
    if (tables.answer_limit > generation_number_) {
        // Whoever was at the old limit may have a second's worth of answers at once.
        std::swap(answer_limit_, *succession.answer_limit);
    }
    if (tables.source_budgets > generation_number_) {
        std::swap(source_budgets_, *succession.source_budgets);
    }
    source_budgets_.change_limits(
        SourceBudgets::share(next.policy().sources, surroundings_.workers));
    if (tables.admitted_sources > generation_number_) {
        std::swap(admitted_, *succession.admitted_sources);
    }
    admitted_.change_lifetime(next.policy().admission.lifetime);
    if (!surroundings_.cookies_are_shared) {
        // The present epoch is not older than a whole new lifetime: the next one follows it.
        epoch_began_ = std::max(epoch_began_, now_ - next.policy().cookie_key_lifetime);
    }
    if (const tcp::Duration patience = next.policy().timeouts.half_open;
        patience != stamp_patience_) {
        stamps_told_from_ = now_ + std::max(patience, stamp_patience_);
        stamp_patience_ = patience;
    }
    generation_ = &next;
    generation_number_ = next.number();
    begin_settling();
}

ServiceState& Defender::account_of(ServiceIndex service) {
    if (is_settling_) [[unlikely]] {
        service = generation_->slots()[service].successor.value_or(service);
    }
    return services_[service];
}

void Defender::begin_settling() {
    if (!generation_->undefended()) {
        settled_ = generation_number_;  // no service has ever gone
        return;
    }
    if (!is_settling_) {
        is_settling_ = true;
        next_to_settle_ = 0;
        settling_ = generation_number_;
    }
}

void Defender::settle(std::uint32_t places) {
    table_.for_each_in(next_to_settle_, places, [this](flow::Flow& flow) { settle(flow); });
    next_to_settle_ += std::min(places, table_.capacity() - next_to_settle_);
    if (next_to_settle_ < table_.capacity()) {
        return;
    }
    // Of what was retired meanwhile, flows may be left in the places seen before.
    settled_ = settling_;
    is_settling_ = false;
    if (settled_ != generation_number_) {
        begin_settling();
    }
}

void Defender::settle(flow::Flow& flow) {
    const Slot::Use use = generation_->slots()[flow.service].use;
    if (use != Slot::Use::kRetired && use != Slot::Use::kUndefended) {
        return;
    }
    const auto service = classifier().service_of(flow.tuple.inside_address, flow.tuple.inside_port);
    const ServiceIndex next = service.value_or(*generation_->undefended());
    if (flow.holds_credit) {
        account_of(flow.service).give_credit_back();
        services_[next].take_over_credit();
    }
    flow.service = next;
}

std::optional<Verdict> Defender::redeem_late(const Arrival& arrival, ServiceIndex service) {
    const wire::Segment& segment = arrival.segment;
    if (segment.from != wire::Side::kOutside || !segment.has(wire::kAck) ||
        segment.has(wire::kSyn | wire::kRst) || !services_[service].has_any_cookie_outstanding()) {
        return std::nullopt;
    }
    const Verdict verdict = try_cookie(arrival, service);
    return verdict.action == Action::kConnectServer ? std::optional{verdict} : std::nullopt;
}

}  // namespace synward::defense
