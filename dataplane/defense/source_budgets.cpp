// SPDX-License-Identifier: BSD-3-Clause
#include "defense/source_budgets.h"

#include <algorithm>
#include <bit>

namespace synward::defense {
namespace {

constexpr std::uint32_t kLeastPlaces = 1024;
constexpr tcp::Duration kLongestWait = std::chrono::minutes{1};

/// Two sets at least, so that a hash has a bit to give.
std::size_t place_count(std::uint32_t flows) {
    // Sources have several connections each as a rule; see uncounted() where they have not.
    return std::bit_ceil(std::max(flows / 4, kLeastPlaces));
}

std::uint32_t part_of(std::uint32_t limit, std::uint32_t workers) {
    return (limit + workers - 1) / workers;
}

}  // namespace

SourceBudgets::Limits SourceBudgets::share(const SourcePolicy& policy, std::uint32_t workers) {
    Limits limits;
    if (policy.new_connections) {
        const auto& [rate, burst] = *policy.new_connections;
        limits.new_connections = part_of(rate, workers);
        limits.burst = part_of(burst.value_or(rate), workers);
    }
    limits.concurrent = part_of(policy.concurrent.value_or(0), workers);
    return limits;
}

SourceBudgets::SourceBudgets(const Limits& limits, SourcePrefix prefix, std::uint32_t flows,
                             std::uint64_t key)
    : prefix_{prefix}, multiplier_{key | 1U} {
    set_limits(limits);
    if (limits.new_connections == 0 && limits.concurrent == 0) {
        return;
    }
    places_.resize(place_count(flows));
    place_count_ = places_.size();
    recounted_ = place_count_;
    shift_ = 64U - static_cast<unsigned>(std::countr_zero(places_.size() / kSetSize));
}

void SourceBudgets::set_limits(const Limits& limits) {
    limits_ = limits;
    interval_ = {};
    most_used_ = {};
    if (limits.new_connections != 0) {
        constexpr std::int64_t kSecond = tcp::Duration{std::chrono::seconds{1}}.count();
        const std::int64_t rate = limits.new_connections;
        interval_ = tcp::Duration{(kSecond + rate - 1) / rate};
        most_used_ = interval_ * (std::max(limits.burst, 1U) - 1);
    }
}

void SourceBudgets::change_limits(const Limits& limits) {
    if (limits == limits_) {
        return;
    }
    const tcp::Duration most_used_before = most_used_;
    set_limits(limits);
    // The places' times stay as they are; a smaller burst finds some of them too far ahead.
    all_within_rate_at_ += std::max(most_used_before - most_used_, tcp::Duration{});
    recounted_ = 0;
    exhausted_ = 0;
}

void SourceBudgets::recount(std::size_t places) {
    const std::size_t end = std::min(places_.size(), recounted_ + places);
    for (; recounted_ < end; ++recounted_) {
        const std::uint32_t connections = places_[recounted_].connections;
        exhausted_ += limits_.concurrent != 0 && connections >= limits_.concurrent ? 1U : 0U;
    }
}

SourceBudgets::Standing SourceBudgets::standing_in_table(const wire::Address& source,
                                                         tcp::Time now) const {
    const Place* const place = find(prefix_.number_of(source));
    return place == nullptr ? Standing::kWithin : standing_of(*place, now);
}

SourceBudgets::Standing SourceBudgets::standing_of(const Place& place, tcp::Time now) const {
    if (limits_.concurrent != 0 && place.connections >= limits_.concurrent) {
        return Standing::kOverConcurrent;
    }
    return limits_.new_connections != 0 && place.unused_at - now > most_used_ ? Standing::kOverRate
                                                                              : Standing::kWithin;
}

bool SourceBudgets::count(const wire::Address& source, tcp::Time now) {
    const std::uint64_t prefix = prefix_.number_of(source);
    if (!has_table() || prefix == SourcePrefix::kNobody) {
        return false;
    }
    Place* const place = find_or_make(prefix);
    if (place == nullptr) {
        ++uncounted_;
        return false;
    }
    ++place->connections;
    exhausted_ += is_at_limit(*place) ? 1U : 0U;
    place->unused_at = std::min(std::max(place->unused_at, now) + interval_,
                                now + most_used_ + std::max(kLongestWait, interval_));
    all_within_rate_at_ = std::max(all_within_rate_at_, place->unused_at - most_used_);
    return true;
}

void SourceBudgets::give_back(const wire::Address& source) {
    Place* const place = const_cast<Place*>(find(prefix_.number_of(source)));
    if (place != nullptr && place->connections != 0) {
        exhausted_ -= is_at_limit(*place) ? 1U : 0U;
        --place->connections;
    }
}

std::uint32_t SourceBudgets::connections(const wire::Address& source) const {
    const Place* const place = find(prefix_.number_of(source));
    return place == nullptr ? 0 : place->connections;
}

const SourceBudgets::Place* SourceBudgets::find(std::uint64_t prefix) const {
    if (!has_table()) {
        return nullptr;
    }
    const auto first = places_.begin() + static_cast<std::ptrdiff_t>(set_of(prefix));
    const auto last = first + kSetSize;
    const auto place = std::ranges::find(first, last, prefix, &Place::prefix);
    return place == last ? nullptr : &*place;
}

SourceBudgets::Place* SourceBudgets::find_or_make(std::uint64_t prefix) {
    Place* const first = &places_[set_of(prefix)];
    Place* oldest = nullptr;
    for (Place* place = first; place != first + kSetSize; ++place) {
        if (place->prefix == prefix) {
            return place;
        }
        // A place that nobody has had is older than all.
        if (place->connections == 0 &&
            (oldest == nullptr || place->unused_at < oldest->unused_at)) {
            oldest = place;
        }
    }
    if (oldest != nullptr) {
        *oldest = {.prefix = prefix};
    }
    return oldest;
}

}  // namespace synward::defense
