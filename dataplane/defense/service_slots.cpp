// SPDX-License-Identifier: BSD-3-Clause
#include "defense/service_slots.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace synward::defense {
namespace {

constexpr std::size_t kMostSlots = 0xffff;

/// What a slot without a service has in its place: flows that still refer to it pass as they did.
ServicePolicy nobody() {
    ServicePolicy policy;
    policy.challenge = Challenge::kNever;
    policy.probe = false;
    return policy;
}

/// A text that two services share only if they have the same addresses and ports.
std::string claim_of(const ServicePolicy& service) {
    std::vector<std::string> parts;
    for (const wire::Prefix& prefix : service.addresses) {
        parts.push_back(prefix.text());
    }
    for (const auto& [first, last] : service.ports) {
        parts.push_back(std::to_string(first) + "-" + std::to_string(last));
    }
    std::ranges::sort(parts);
    std::string text;
    for (const std::string& part : parts) {
        text += part + " ";
    }
    return text;
}

class Arrangement {
  public:
    Arrangement(std::vector<ServicePolicy> services, const PolicyGeneration& before,
                std::uint64_t number)
        : left_{std::move(services)}, is_placed_(left_.size()), before_{before}, number_{number} {
        result_.slots = before.slots();
        result_.services.assign(result_.slots.size(), nobody());
        is_taken_.resize(result_.slots.size());
        result_.undefended = before.undefended();
    }

    /// Services that `key_of` cannot tell from one of before take its place.
    template <typename KeyOf>
    void keep_those_with_the_same(KeyOf&& key_of) {
        std::unordered_map<std::string, std::size_t> known;
        for (std::size_t slot = 0; slot < before_.slots().size(); ++slot) {
            if (before_.slots()[slot].use == Slot::Use::kService && !is_taken_[slot]) {
                known.emplace(key_of(before_.policy().services[slot]), slot);
            }
        }
        for (std::size_t index = 0; index < left_.size(); ++index) {
            if (is_placed_[index]) {
                continue;
            }
            const auto found = known.find(key_of(left_[index]));
            if (found != known.end() && !is_taken_[found->second]) {
                place(index, found->second);
            }
        }
    }

    void retire_the_rest(std::uint64_t settled) {
        for (std::size_t slot = 0; slot < before_.slots().size(); ++slot) {
            Slot& each = result_.slots[slot];
            if (each.use == Slot::Use::kService && !is_taken_[slot]) {
                each.use = Slot::Use::kRetired;
                each.retired_at = number_;
            } else if (each.use == Slot::Use::kRetired && each.retired_at <= settled) {
                each = {};
            }
        }
    }

    void place_new_ones() {
        for (std::size_t index = 0; index < left_.size(); ++index) {
            if (is_placed_[index]) {
                continue;
            }
            const std::size_t slot = free_slot();
            result_.slots[slot] = {.use = Slot::Use::kService,
                                   .since = number_,
                                   .predecessor = owner_before(left_[index])};
            place(index, slot);
        }
    }

    /// The flows of a service that is gone need a place to go to.
    void find_place_for_undefended() {
        const auto is_retired = [](const Slot& slot) { return slot.use == Slot::Use::kRetired; };
        if (!result_.undefended && std::ranges::any_of(result_.slots, is_retired)) {
            const std::size_t slot = free_slot();
            result_.slots[slot] = {.use = Slot::Use::kUndefended, .since = number_};
            result_.undefended = static_cast<ServiceIndex>(slot);
        }
    }

    ServiceSlots take() { return std::move(result_); }

  private:
    void place(std::size_t index, std::size_t slot) {
        result_.services[slot] = std::move(left_[index]);
        is_placed_[index] = true;
        is_taken_[slot] = true;
    }
    std::size_t free_slot() {
        const auto is_free = [](const Slot& slot) { return slot.use == Slot::Use::kFree; };
        const auto found =
            std::find_if(result_.slots.begin() + static_cast<std::ptrdiff_t>(first_free_),
                         result_.slots.end(), is_free);
        first_free_ = static_cast<std::size_t>(found - result_.slots.begin());
        if (found == result_.slots.end()) {
            if (result_.slots.size() == kMostSlots) {
                throw std::length_error{"more than 65,535 services, those just removed included"};
            }
            result_.slots.emplace_back();
            result_.services.push_back(nobody());
            is_taken_.push_back(false);
        }
        return first_free_;
    }
    [[nodiscard]] std::optional<ServiceIndex> owner_before(const ServicePolicy& service) const {
        return service.addresses.empty() || service.ports.empty()
                   ? std::nullopt
                   : before_.classifier().service_of(service.addresses.front().address,
                                                     service.ports.front().first);
    }

    std::vector<ServicePolicy> left_;
    std::vector<bool> is_placed_;
    const PolicyGeneration& before_;
    std::uint64_t number_;
    ServiceSlots result_;
    std::vector<bool> is_taken_;  // by slot
    std::size_t first_free_ = 0;
};

}  // namespace

ServiceSlots arranged(std::vector<ServicePolicy> services, const PolicyGeneration& before,
                      std::uint64_t number, std::uint64_t settled) {
    Arrangement arrangement{std::move(services), before, number};
    arrangement.keep_those_with_the_same([](const ServicePolicy& service) { return service.name; });
    arrangement.keep_those_with_the_same(claim_of);
    arrangement.retire_the_rest(settled);
    arrangement.place_new_ones();
    arrangement.find_place_for_undefended();
    return arrangement.take();
}

}  // namespace synward::defense
