// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "defense/address_hash.h"
#include "defense/classifier.h"
#include "defense/offer_record.h"
#include "wire/address.h"

namespace synward::defense {

/// What the server at each address of a service is found to offer: behind the addresses of one
/// service there may be different servers.
///
/// Bounded, and filled by servers' own SYN-ACKs alone, so that a flood to many addresses adds
/// nothing. A record gives way to another only once no cookie that is still honoured can rest on
/// it; where there is no room, the service's own record stands for the address. One worker's
/// thread.
class AddressOffers {
  public:
    static constexpr unsigned kPlaces = 4096;

    /// `seed` decides where an address lies. `places`: a multiple of four.
    explicit AddressOffers(std::uint64_t seed, unsigned places = kPlaces)
        : seed_{seed}, sets_(places / kWays) {}

    /// nullptr: the address has no record.
    [[nodiscard]] [[gnu::always_inline]] OfferRecord* find(ServiceIndex service,
                                                           const wire::Address& inside) {
        const auto [set, mark] = locate(service, inside);
        return find_in(sets_[set], mark, service, inside);
    }
    /// The address's record in epoch `now`; a new one begins as the successor of `model`, by which
    /// the address's cookies were made so far. nullptr: no room for a new one.
    OfferRecord* find_or_add(ServiceIndex service, const wire::Address& inside,
                             const OfferRecord& model, tcp::Epoch now);

    /// Whether find_or_add() would add one.
    [[nodiscard]] bool has_room(ServiceIndex service, const wire::Address& inside, tcp::Epoch now);

    /// Gives each record in `places` places from `first` on (up to kPlaces) to
    /// `visit(const wire::Address&, ServiceIndex, const OfferRecord&)`.
    template <typename Visit>
    void visit(std::uint32_t first, std::uint32_t places, Visit&& visit) const {
        for (std::uint32_t number = first; number < first + places && number < kPlaces; ++number) {
            const Set& set = sets_[number / kWays];
            const Place& place = set.places[number % kWays];
            if (set.marks[number % kWays] != 0) {
                visit(place.address, place.service, place.record);
            }
        }
    }

  private:
    static constexpr unsigned kWays = 4;
    struct Place {
        wire::Address address;
        OfferRecord record;
        ServiceIndex service = 0;
    };
    /// The marks, parts of the hash, lie together: a look that finds nothing ends at them.
    struct alignas(64) Set {
        std::array<std::uint32_t, kWays> marks{};  ///< zero: the place is empty
        std::array<Place, kWays> places;
    };
    struct Location {
        std::size_t set;
        std::uint32_t mark;
    };
    [[nodiscard]] Location locate(ServiceIndex service, const wire::Address& inside) const {
        const std::uint64_t hash = address_hash(inside, service, seed_);
        return {hash & (sets_.size() - 1), static_cast<std::uint32_t>(hash >> 32U) | 1U};
    }
    [[gnu::always_inline]] static OfferRecord* find_in(Set& set, std::uint32_t mark,
                                                       ServiceIndex service,
                                                       const wire::Address& inside) {
        for (unsigned way = 0; way < kWays; ++way) {
            Place& place = set.places[way];
            if (set.marks[way] == mark && place.service == service && place.address == inside) {
                return &place.record;
            }
        }
        return nullptr;
    }
    static bool is_free(const Set& set, unsigned way, tcp::Epoch now) {
        return set.marks[way] == 0 || !set.places[way].record.may_have_promised(now);
    }

    std::uint64_t seed_;
    std::vector<Set> sets_;
};

}  // namespace synward::defense
