// SPDX-License-Identifier: BSD-3-Clause
#include "defense/allowances.h"

#include <algorithm>
#include <bit>

namespace synward::defense {
namespace {

constexpr std::uint32_t kUsedMask = 0xff'ffff;

std::uint32_t steps_in(tcp::Duration duration) {
    return static_cast<std::uint32_t>(duration / Allowances::kStep);
}

}  // namespace

Allowances::Allowances(const Terms& terms)
    : sets_(std::bit_ceil(std::max<std::size_t>(terms.capacity, kWays)) / kWays),
      lifetime_{steps_in(terms.lifetime)},
      spared_{steps_in(terms.spared)},
      burst_{terms.burst},
      refills_{terms.refills} {}

void Allowances::change_lifetime(tcp::Duration lifetime) {
    lifetime_ = steps_in(lifetime);
}

std::uint32_t Allowances::step_of(tcp::Time time) {
    return static_cast<std::uint32_t>(time.time_since_epoch() / kStep);
}

bool Allowances::is_alive(const Place& place, std::uint32_t now) {
    return place.key != 0 && static_cast<std::int32_t>(place.until - now) > 0;
}

std::uint32_t Allowances::idle(const Place& place, std::uint32_t now) {
    return (now - place.used) & kUsedMask;
}

const Allowances::Set& Allowances::set_of(const tcp::Block& hash) const {
    return sets_[hash.low & (sets_.size() - 1)];
}

Allowances::Set& Allowances::set_of(const tcp::Block& hash) {
    return sets_[hash.low & (sets_.size() - 1)];
}

Allowances::Place* Allowances::find(std::uint64_t key, const tcp::Block& hash, std::uint32_t now) {
    for (Place& place : set_of(hash).places) {
        if (place.key == key && is_alive(place, now)) {
            return &place;
        }
    }
    return nullptr;
}

void Allowances::refill(Place& place, std::uint32_t now) const {
    const std::uint32_t earned = refills_ ? idle(place, now) : 0;
    place.tokens = std::min<std::uint32_t>(burst_, place.tokens + earned) & 0xffU;
    place.used = now & kUsedMask;
}

bool Allowances::admit(std::uint64_t key, const tcp::Block& hash, tcp::Time now) {
    const std::uint32_t step = step_of(now);
    if (Place* const known = find(key, hash, step)) {
        refill(*known, step);
        known->until = step + lifetime_;
        known->tokens = std::min<std::uint32_t>(burst_, known->tokens + 1U) & 0xffU;
        return true;
    }
    auto& places = set_of(hash).places;
    const auto room = std::find_if_not(places.begin(), places.end(),
                                       [&](const Place& place) { return is_alive(place, step); });
    const auto chosen =
        room != places.end()
            ? room
            : std::max_element(places.begin(), places.end(), [&](const Place& a, const Place& b) {
                  return idle(a, step) < idle(b, step);
              });
    if (is_alive(*chosen, step) && idle(*chosen, step) < spared_) {
        return false;
    }
    *chosen = {.key = key, .until = step + lifetime_, .tokens = burst_, .used = step & kUsedMask};
    return true;
}

bool Allowances::take(std::uint64_t key, const tcp::Block& hash, tcp::Time now) {
    const std::uint32_t step = step_of(now);
    Place* const place = find(key, hash, step);
    if (place == nullptr) {
        return false;
    }
    refill(*place, step);
    if (place->tokens == 0) {
        return false;
    }
    place->tokens = (place->tokens - 1U) & 0xffU;
    return true;
}

bool Allowances::knows(std::uint64_t key, const tcp::Block& hash, tcp::Time now) const {
    const std::uint32_t step = step_of(now);
    const auto& places = set_of(hash).places;
    return std::any_of(places.begin(), places.end(), [&](const Place& place) {
        return place.key == key && is_alive(place, step);
    });
}

std::size_t Allowances::count(tcp::Time now) const {
    const std::uint32_t step = step_of(now);
    std::size_t alive = 0;
    for (const Set& set : sets_) {
        for (const Place& place : set.places) {
            alive += is_alive(place, step) ? 1U : 0U;
        }
    }
    return alive;
}

}  // namespace synward::defense
