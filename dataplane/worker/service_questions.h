// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "defense/address_offers.h"
#include "defense/defender.h"
#include "defense/offer_record.h"
#include "defense/source_budgets.h"
#include "worker/listing.h"

namespace synward::worker {

/// What a server, or the servers of a service, were heard to offer, and when.
struct HeardOffer {
    defense::ServerOffer offer;
    std::optional<tcp::Time> at;  ///< nothing: never; `offer` is what is taken for granted
};

/// What one worker has heard from the servers of one service.
struct ServiceOffers {
    defense::ServiceIndex service = 0;
    std::array<HeardOffer, 2> offers;  ///< of IPv4 and IPv6
};

class ListServices : public Listing<ServiceOffers> {
  public:
    using Listing::Listing;

  private:
    std::uint32_t places_of(const Answering& worker) override {
        return static_cast<std::uint32_t>(worker.defender.services().size());
    }
    void look(const Answering& worker, std::uint32_t first, std::uint32_t count) override {
        for (std::uint32_t index = first; index < first + count; ++index) {
            const defense::ServiceState& state = worker.defender.services()[index];
            ServiceOffers heard{.service = static_cast<defense::ServiceIndex>(index), .offers = {}};
            for (const bool is_ipv4 : {true, false}) {
                const defense::OfferRecord& record = state.offers(is_ipv4);
                heard.offers[is_ipv4 ? 0 : 1] = {record.learned(), record.heard_at()};
            }
            add(heard);
        }
    }
};

/// What the server at one address of a service offers.
struct AddressOffer {
    wire::Address address;
    defense::ServiceIndex service = 0;
    HeardOffer heard;
};

class ListAddressOffers : public Listing<AddressOffer> {
  public:
    using Listing::Listing;

  private:
    std::uint32_t places_of(const Answering& /*worker*/) override {
        return defense::AddressOffers::kPlaces;
    }
    void look(const Answering& worker, std::uint32_t first, std::uint32_t count) override {
        worker.defender.address_offers().visit(
            first, count,
            [this](const wire::Address& address, defense::ServiceIndex service,
                   const defense::OfferRecord& record) {
                add({address, service, {record.learned(), record.heard_at()}});
            });
    }
};

/// The sources that have connections or have spent what they may.
class ListSources : public Listing<defense::SourceBudgets::Use> {
  public:
    using Listing::Listing;

  private:
    std::uint32_t places_of(const Answering& worker) override {
        return static_cast<std::uint32_t>(worker.defender.source_budgets().places());
    }
    void look(const Answering& worker, std::uint32_t first, std::uint32_t count) override {
        worker.defender.source_budgets().visit(
            first, count, worker.now, [this](const defense::SourceBudgets::Use& use) { add(use); });
    }
};

}  // namespace synward::worker
