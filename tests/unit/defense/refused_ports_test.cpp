// SPDX-License-Identifier: BSD-3-Clause
#include "defense/refused_ports.h"

#include <gtest/gtest.h>

#include <memory>

#include "tcp/tuple_hash.h"

namespace synward::defense {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Advice = RefusedPorts::Advice;

constexpr tcp::Time kNow{seconds{1'700'000'000}};

tcp::Block key_of(unsigned port) {
    static const tcp::TupleHasher hasher{tcp::Secret{1, 2, 3}};
    wire::FourTuple inside;
    inside.inside_port = static_cast<std::uint16_t>(port);
    return hasher(inside);
}

class RefusedPortsTest : public testing::Test {
  protected:
    void remember(unsigned port, tcp::Time now = kNow) {
        ports->remember(key_of(port), static_cast<std::uint16_t>(port), now);
    }
    Advice consult(unsigned port, tcp::Time now, bool may_ask = true) {
        return ports->consult(key_of(port), may_ask, now);
    }
    std::unique_ptr<RefusedPorts> ports = std::make_unique<RefusedPorts>(1);
};

TEST_F(RefusedPortsTest, RememberEveryOneOfAThousand) {
    for (unsigned port = 1; port <= 1000; ++port) {
        remember(port);
    }
    for (unsigned port = 1; port <= 1000; ++port) {
        ASSERT_EQ(consult(port, kNow), Advice::kRefuse) << port;
        ASSERT_EQ(consult(port, kNow + RefusedPorts::kFresh - milliseconds{1}), Advice::kRefuse);
    }
    EXPECT_EQ(consult(1001, kNow), Advice::kNothingKnown);
    EXPECT_TRUE(ports->forget(key_of(7)));
    EXPECT_FALSE(ports->forget(key_of(7)));
    EXPECT_EQ(consult(7, kNow), Advice::kNothingKnown);
    EXPECT_EQ(consult(8, kNow), Advice::kRefuse);
}

TEST_F(RefusedPortsTest, AskOnceThePortsThatRefusedAWhileAgo) {
    for (unsigned port = 1; port <= 1000; ++port) {
        remember(port);
    }
    tcp::Time now = kNow + RefusedPorts::kFresh;
    for (unsigned port = 1; port <= 1000; ++port) {
        ASSERT_EQ(consult(port, now, false), Advice::kNothingKnown);
        ASSERT_EQ(consult(port, now), Advice::kAsk) << port;
        ASSERT_EQ(consult(port, now), Advice::kNothingKnown) << "until the answer comes";
    }
    now += RefusedPorts::kPatience;
    EXPECT_EQ(consult(1, now), Advice::kAsk) << "no answer came";
    remember(2, now);
    EXPECT_EQ(consult(2, now), Advice::kRefuse);
    EXPECT_EQ(consult(3, kNow + RefusedPorts::kMemory), Advice::kNothingKnown);
}

TEST_F(RefusedPortsTest, AskNoMoreThanTheRate) {
    constexpr unsigned kRefused = 6000;
    for (unsigned port = 1; port <= kRefused; ++port) {
        remember(port);
    }
    unsigned asked = 0;
    constexpr unsigned kSeconds = 10;
    for (unsigned step = 0; step < kSeconds * 10; ++step) {
        for (unsigned port = 1; port <= kRefused; ++port) {
            const tcp::Time now = kNow + RefusedPorts::kFresh + milliseconds{100} * step;
            asked += consult(port, now) == Advice::kAsk ? 1U : 0U;
        }
    }
    EXPECT_LE(asked, RefusedPorts::kBurst + RefusedPorts::kRate * kSeconds);
    EXPECT_GT(asked, RefusedPorts::kRate * kSeconds);
}

TEST_F(RefusedPortsTest, ShareTheRateBetweenWorkers) {
    ports = std::make_unique<RefusedPorts>(4);
    unsigned asked = 0;
    for (unsigned port = 1; port <= 2000; ++port) {
        remember(port);
        asked += consult(port, kNow + RefusedPorts::kFresh) == Advice::kAsk ? 1U : 0U;
    }
    EXPECT_EQ(asked, RefusedPorts::kBurst / 4);
}

/// Keys cost a hash, which SYNs to other ports are spared.
TEST_F(RefusedPortsTest, KnowWhetherToLookAtAll) {
    EXPECT_FALSE(ports->knows_any(80, kNow));
    remember(80);
    EXPECT_TRUE(ports->knows_any(80, kNow));
    EXPECT_FALSE(ports->knows_any(81, kNow));
    const tcp::Time later = kNow + RefusedPorts::kMemory;
    EXPECT_FALSE(ports->knows_any(80, later));
    remember(81, later);
    EXPECT_FALSE(ports->knows_any(80, later)) << "forgotten with all of its time";
    EXPECT_TRUE(ports->knows_any(81, later));
}

TEST_F(RefusedPortsTest, GiveUpTheOldestOfASet) {
    for (std::uint64_t number = 1; number <= 9; ++number) {
        ports->remember({5, number}, 80, kNow + milliseconds{number});
    }
    EXPECT_FALSE(ports->has({5, 1}));
    for (std::uint64_t number = 2; number <= 9; ++number) {
        EXPECT_TRUE(ports->has({5, number})) << number;
    }
}

}  // namespace
}  // namespace synward::defense
