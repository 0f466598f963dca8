// SPDX-License-Identifier: BSD-3-Clause
#include "defense/policy_generation.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace synward::defense {
namespace {

/// "NAME=ADDRESS" each.
Policy services(const std::vector<std::string>& descriptions) {
    Policy policy;
    for (const std::string& description : descriptions) {
        const auto equals = description.find('=');
        policy.services.push_back(
            {.name = description.substr(0, equals),
             .addresses = {*wire::Prefix::parse("198.51.100." + description.substr(equals + 1))},
             .ports = {{80, 80}}});
    }
    return policy;
}

std::optional<ServiceIndex> owner(const PolicyGeneration& generation, const std::string& host) {
    return generation.classifier().service_of(*wire::Address::parse("198.51.100." + host), 80);
}

TEST(PolicyGeneration, ServicesOfTheFirstHaveTheirPlacesInThePolicy) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    EXPECT_EQ(first.number(), 1U);
    EXPECT_EQ(owner(first, "1"), 0);
    EXPECT_EQ(owner(first, "2"), 1);
    EXPECT_FALSE(first.undefended());
}

TEST(PolicyGeneration, AServiceKeepsItsIndexByItsNameWhereverItStandsAndWhateverItHas) {
    const PolicyGeneration first{services({"a=1", "b=2", "c=3"})};
    const PolicyGeneration second{services({"new=9", "c=3", "b=7", "a=1"}), first, 1};
    EXPECT_EQ(second.number(), 2U);
    EXPECT_EQ(owner(second, "1"), 0);
    EXPECT_EQ(owner(second, "7"), 1);
    EXPECT_EQ(owner(second, "3"), 2);
    EXPECT_EQ(owner(second, "9"), 3);
    EXPECT_EQ(owner(second, "2"), std::nullopt);
    EXPECT_EQ(second.slots()[0].since, 1U);
    EXPECT_EQ(second.slots()[3].since, 2U);
    EXPECT_FALSE(second.undefended()) << "no service is gone";
}

TEST(PolicyGeneration, ARenamedServiceIsTheSameIfItHasTheSameAddressesAndPorts) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    const PolicyGeneration second{services({"b=2", "other=1"}), first, 1};
    EXPECT_EQ(owner(second, "1"), 0);
    EXPECT_EQ(second.slots()[0].since, 1U);
    EXPECT_EQ(second.policy().services[0].name, "other");
}

TEST(PolicyGeneration, TheNameCountsMoreThanTheAddresses) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    const PolicyGeneration second{services({"a=2", "b=1"}), first, 1};
    EXPECT_EQ(owner(second, "2"), 0);
    EXPECT_EQ(owner(second, "1"), 1);
}

TEST(PolicyGeneration, AnIndexIsNotGivenAgainBeforeNoFlowRefersToIt) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    const PolicyGeneration second{services({"b=2"}), first, 1};
    EXPECT_EQ(second.slots()[0].use, Slot::Use::kRetired);
    EXPECT_EQ(second.slots()[0].retired_at, 2U);
    ASSERT_TRUE(second.undefended());
    EXPECT_EQ(*second.undefended(), 2);
    EXPECT_EQ(owner(second, "1"), std::nullopt);

    const PolicyGeneration soon{services({"b=2", "c=3"}), second, 1};
    EXPECT_EQ(owner(soon, "3"), 3);
    EXPECT_EQ(soon.slots()[0].use, Slot::Use::kRetired);

    const PolicyGeneration later{services({"b=2", "c=3"}), second, 2};
    EXPECT_EQ(owner(later, "3"), 0);
    EXPECT_EQ(later.slots()[0].since, 3U);
    EXPECT_EQ(later.undefended(), second.undefended()) << "stays where it is";
}

TEST(PolicyGeneration, IndicesDoNotRunOutHoweverOftenNamesChange) {
    auto generation = std::make_unique<PolicyGeneration>(services({"a=1", "b=2"}));
    for (unsigned round = 0; round < 1000; ++round) {
        const std::string name = "a" + std::to_string(round);
        auto next = std::make_unique<PolicyGeneration>(
            services({name + "=" + std::to_string(10 + round % 100), "b=2"}), *generation,
            generation->number());
        generation = std::move(next);
    }
    EXPECT_LE(generation->slots().size(), 4U);
    EXPECT_EQ(owner(*generation, "2"), 1);
}

TEST(PolicyGeneration, RefusesMoreServicesThanThereAreIndicesLeft) {
    // None is settled, so that each name takes another index.
    const auto many = [](const std::string& letter) {
        Policy policy;
        for (unsigned number = 0; number < 30'000; ++number) {
            policy.services.push_back({.name = letter + std::to_string(number)});
        }
        return policy;
    };
    const auto named_and_placed = [&](const std::string& letter, unsigned port) {
        Policy policy = many(letter);
        for (auto& service : policy.services) {
            service.ports = {{static_cast<std::uint16_t>(port), 65535}};
        }
        return policy;
    };
    const PolicyGeneration first{named_and_placed("a", 1)};
    const PolicyGeneration second{named_and_placed("b", 2), first, 1};
    EXPECT_THROW((PolicyGeneration{named_and_placed("c", 3), second, 1}), std::length_error);
    EXPECT_NO_THROW((PolicyGeneration{named_and_placed("c", 3), second, 2}));
}

TEST(PolicyGeneration, ANewServiceKnowsWhoHadItsAddressBefore) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    Policy policy = services({"a=1", "b=2", "c=2"});
    policy.services[1].ports = {{443, 443}};
    const PolicyGeneration second{policy, first, 1};
    EXPECT_EQ(owner(second, "2"), 2);
    EXPECT_EQ(second.slots()[2].predecessor, std::optional<ServiceIndex>{1});
    EXPECT_EQ(second.slots()[1].predecessor, std::nullopt);
}

TEST(PolicyGeneration, AServiceThatIsGoneKnowsWhoHasItsAddressNow) {
    const PolicyGeneration first{services({"a=1", "b=2"})};
    Policy wide = services({"b=2", "c=0"});
    wide.services[1].addresses = {*wire::Prefix::parse("198.51.100.0/24")};
    const PolicyGeneration second{wide, first, 1};
    EXPECT_EQ(second.slots()[0].successor, owner(second, "1"));
    EXPECT_EQ(second.slots()[2].predecessor, std::optional<ServiceIndex>{0});
    const PolicyGeneration third{services({"b=1"}), second, 1};
    EXPECT_EQ(third.slots()[0].successor, std::nullopt) << "198.51.100.0 is nobody's now";
    EXPECT_EQ(third.slots()[2].successor, std::nullopt);
    const PolicyGeneration other{services({"b=2", "d=0"}), second, 1};
    EXPECT_EQ(other.slots()[2].successor, owner(other, "0"));
    EXPECT_EQ(other.slots()[0].successor, owner(other, "0")) << "by way of c";
}

TEST(PolicyGeneration, TablesAreMadeAnewOnlyWhereTheOldOnesDoNotDo) {
    const Policy plain = services({"a=1"});
    const PolicyGeneration first{plain};
    const PolicyGeneration same{plain, first, 1};
    EXPECT_EQ(same.tables().answer_limit, 1U);
    EXPECT_EQ(same.tables().source_budgets, 1U);
    EXPECT_EQ(same.tables().admitted_sources, 1U);

    Policy limited = plain;
    limited.sources.answers = 77;
    limited.sources.concurrent = 5;
    limited.services[0].method = Method::kReset;
    const PolicyGeneration second{limited, first, 1};
    EXPECT_EQ(second.tables().answer_limit, 2U);
    EXPECT_EQ(second.tables().source_budgets, 2U);
    EXPECT_EQ(second.tables().admitted_sources, 2U);

    limited.sources.concurrent = 6;
    const PolicyGeneration third{limited, second, 1};
    EXPECT_EQ(third.tables().source_budgets, 2U) << "limits change in the table that is there";
    const PolicyGeneration fourth{plain, third, 1};
    EXPECT_EQ(fourth.tables().answer_limit, 4U);
    const PolicyGeneration fifth{limited, fourth, 1};
    EXPECT_EQ(fifth.tables().source_budgets, 2U) << "once made, they stay";
    EXPECT_EQ(fifth.tables().admitted_sources, 2U);
}

}  // namespace
}  // namespace synward::defense
