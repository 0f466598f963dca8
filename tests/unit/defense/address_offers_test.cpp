// SPDX-License-Identifier: BSD-3-Clause
#include "defense/address_offers.h"

#include <gtest/gtest.h>

namespace synward::defense {
namespace {

constexpr tcp::Epoch kEpoch = 1000;

wire::Address numbered(unsigned number) {
    return wire::Prefix::parse("10.0." + std::to_string(number / 256) + "." +
                               std::to_string(number % 256))
        ->address;
}

class Offers : public testing::Test {
  protected:
    OfferRecord* add(unsigned number, tcp::Epoch now = kEpoch, ServiceIndex service = 1) {
        OfferRecord* const record = offers.find_or_add(service, numbered(number), model, now);
        if (record != nullptr) {
            record->begin_epoch(now);
        }
        return record;
    }
    OfferRules rules{.pinned = {}, .most_mss = 1460};
    OfferRecord model{rules};
    AddressOffers offers{7};
};

TEST_F(Offers, TellAddressesAndServicesApart) {
    EXPECT_EQ(offers.find(1, numbered(5)), nullptr);
    OfferRecord* const record = add(5);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(offers.find(1, numbered(5)), record);
    EXPECT_EQ(add(5), record);
    EXPECT_EQ(offers.find(2, numbered(5)), nullptr);
    EXPECT_EQ(offers.find(1, numbered(6)), nullptr);
    EXPECT_EQ(offers.find(0, wire::Address{}), nullptr) << "an empty place is nobody's";
    EXPECT_NE(add(5, kEpoch, 2), record);
}

TEST_F(Offers, BeginWithWhatTheServiceHasPromisedSoFar) {
    model.begin_epoch(kEpoch);
    model.learn({.options = {.mss = 1300, .window_scale = 2}}, rules, tcp::Time{});
    OfferRecord* const record = add(5);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->promised(kEpoch).mss, 1460);
    record->begin_epoch(kEpoch + 1);
    EXPECT_EQ(record->promised(kEpoch + 1).mss, 1300);
    EXPECT_FALSE(record->heard_at());
}

TEST_F(Offers, GiveNoRecordAwayOnWhichAnHonouredCookieMayRest) {
    std::vector<unsigned> known;
    std::vector<unsigned> refused;
    for (unsigned number = 0; number < 2 * AddressOffers::kPlaces; ++number) {
        (add(number) != nullptr ? known : refused).push_back(number);
    }
    EXPECT_GE(known.size(), AddressOffers::kPlaces * 3 / 4);
    EXPECT_LE(known.size(), AddressOffers::kPlaces);
    for (const unsigned number : known) {
        ASSERT_NE(offers.find(1, numbered(number)), nullptr);
    }
    for (const unsigned number : refused) {
        ASSERT_EQ(add(number, kEpoch + 1), nullptr) << "cookies of the epoch before are good";
        ASSERT_EQ(offers.find(1, numbered(number)), nullptr);
    }
    for (const unsigned number : refused) {
        OfferRecord* const record = add(number, kEpoch + 2);
        ASSERT_TRUE(record == nullptr || record == offers.find(1, numbered(number)));
    }
    EXPECT_NE(add(refused.front(), kEpoch + 2), nullptr);
}

}  // namespace
}  // namespace synward::defense
