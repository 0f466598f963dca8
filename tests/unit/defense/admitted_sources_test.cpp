// SPDX-License-Identifier: BSD-3-Clause
#include "defense/admitted_sources.h"

#include <gtest/gtest.h>

#include <string>

namespace synward::defense {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class AdmittedSourcesTest : public testing::Test {
  protected:
    tcp::TupleHasher hasher{tcp::Secret{4, 5, 6}};
    AdmittedSources sources{Admission{}, hasher, true};
    tcp::Time now{seconds{1'700'000'000}};

    static wire::FourTuple tuple(const std::string& client, unsigned port = 40'000) {
        const bool ipv6 = client.find(':') != std::string::npos;
        return {.outside_address = *wire::Address::parse(client),
                .inside_address = *wire::Address::parse(ipv6 ? "2001:db8::2" : "198.51.100.2"),
                .outside_port = static_cast<std::uint16_t>(port),
                .inside_port = 80};
    }
    void admit(const wire::FourTuple& who) { sources.admit(who, hasher(who), now); }
    bool take(const wire::FourTuple& who) { return sources.take(who, hasher(who), now); }
    bool knows(const std::string& address) const {
        return sources.knows(*wire::Address::parse(address), now);
    }
};

TEST_F(AdmittedSourcesTest, AnIpv4AddressIsOneSource) {
    admit(tuple("203.0.113.1"));
    EXPECT_TRUE(take(tuple("203.0.113.1", 1)));
    EXPECT_TRUE(knows("203.0.113.1"));
    EXPECT_FALSE(take(tuple("203.0.113.2")));
    EXPECT_FALSE(knows("203.0.113.2"));
    EXPECT_FALSE(knows("0:ffff:cb00:7102::")) << "as it would be kept, the next address";
    EXPECT_EQ(sources.count(now), 1U);
}

TEST_F(AdmittedSourcesTest, AnIpv6PrefixOf64BitsIsOneSource) {
    admit(tuple("2001:db8:ffff:1::1"));
    EXPECT_TRUE(take(tuple("2001:db8:ffff:1:a:b:c:d", 1)));
    EXPECT_FALSE(take(tuple("2001:db8:ffff:2::1", 1)));
    EXPECT_FALSE(knows("::1"));
    EXPECT_EQ(sources.count(now), 1U);
    for (unsigned i = 0; i < 1000; ++i) {
        admit(tuple("2001:db8:ffff:1::" + std::to_string(i), i));
    }
    EXPECT_EQ(sources.count(now), 1U) << "one host cannot fill the table by its own addresses";
}

TEST_F(AdmittedSourcesTest, ExpiresAfterItsLifetime) {
    admit(tuple("203.0.113.1"));
    now += minutes{10} - seconds{1};
    EXPECT_TRUE(knows("203.0.113.1"));
    now += seconds{1};
    EXPECT_FALSE(knows("203.0.113.1"));
    EXPECT_EQ(sources.count(now), 0U);
}

TEST_F(AdmittedSourcesTest, HasAnAllowanceAndNoMore) {
    admit(tuple("203.0.113.1"));
    unsigned taken = 0;
    for (unsigned port = 0; port < 1000; ++port) {
        taken += take(tuple("203.0.113.1", port)) ? 1U : 0U;
    }
    EXPECT_EQ(taken, AdmittedSources::kBurst);
    now += seconds{1};
    taken = 0;
    for (unsigned port = 0; port < 1000; ++port) {
        taken += take(tuple("203.0.113.1", port)) ? 1U : 0U;
    }
    EXPECT_GE(taken, 14U);
    EXPECT_LE(taken, 16U);
}

// Somebody floods with the source's address and spends all that it has.
TEST_F(AdmittedSourcesTest, WhatAHandshakeHasProvenIsItsOwn) {
    admit(tuple("203.0.113.1"));
    for (unsigned port = 0; port < 1000; ++port) {
        take(tuple("203.0.113.1", port));
    }
    const auto mine = tuple("203.0.113.1", 50'000);
    ASSERT_FALSE(take(mine));
    admit(mine);
    for (unsigned port = 0; port < 1000; ++port) {
        take(tuple("203.0.113.1", port));
    }
    for (unsigned i = 0; i < AdmittedSources::kTries; ++i) {
        EXPECT_TRUE(take(mine)) << i;
    }
    EXPECT_FALSE(take(mine));
    admit(mine);
    EXPECT_TRUE(take(mine));
    now += AdmittedSources::kTime;
    for (unsigned port = 0; port < 1000; ++port) {
        take(tuple("203.0.113.1", port));
    }
    EXPECT_FALSE(take(mine)) << "it is remembered for a while only";
}

// A botnet of real addresses: those in use stay, and a client that finds no place is served still.
TEST_F(AdmittedSourcesTest, AFullTableSparesTheSourcesInUse) {
    AdmittedSources few{Admission{.sources = 64}, hasher, true};
    const auto address = [](unsigned number) {
        return "10." + std::to_string(number >> 16U) + "." + std::to_string((number >> 8U) & 255U) +
               "." + std::to_string(number & 255U);
    };
    const auto regular = tuple("203.0.113.1");
    few.admit(regular, hasher(regular), now);
    for (unsigned number = 0; number < 10'000; ++number) {
        const auto bot = tuple(address(number));
        few.admit(bot, hasher(bot), now);
        ASSERT_TRUE(few.take(bot, hasher(bot), now)) << "by its handshake";
    }
    EXPECT_EQ(few.count(now), 64U);
    EXPECT_EQ(few.capacity(), 64U);
    const auto next = tuple("203.0.113.1", 7);
    EXPECT_TRUE(few.take(next, hasher(next), now)) << "still admitted";
}

TEST_F(AdmittedSourcesTest, IsSmallWhereNobodyChallengesByReset) {
    EXPECT_LE(AdmittedSources(Admission{}, hasher, false).capacity(), 4U);
    EXPECT_EQ(sources.capacity(), Admission{}.sources);
}

}  // namespace
}  // namespace synward::defense
