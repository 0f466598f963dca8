// SPDX-License-Identifier: BSD-3-Clause
//
// A flow table without room: half-open flows give way, the oldest first; established ones never.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst, wire::kSyn;

constexpr std::uint32_t kCapacity = 16;

class FullTable : public testing::TestWithParam<Challenge> {
  protected:
    Exchange client_number(unsigned number, Manner manner = Manner::kUntouched) {
        return Exchange{box, {.manner = manner, .client_port = 1000 + number}};
    }
    void establish_all() {
        const Manner manner =
            GetParam() == Challenge::kAlways ? Manner::kChallenged : Manner::kUntouched;
        for (unsigned number = 0; number < kCapacity; ++number) {
            client_number(number, manner).establish();
        }
        ASSERT_EQ(box.table.size(), kCapacity);
    }
    Box box{Box::Settings{.policy = one_service(GetParam()), .capacity = kCapacity}};
};

INSTANTIATE_TEST_SUITE_P(, FullTable,
                         testing::Values(Challenge::kAlways, Challenge::kOverBudget,
                                         Challenge::kNever, Challenge::kMonitor));

TEST_P(FullTable, OfEstablishedConnectionsLosesNoneToAFlood) {
    establish_all();
    for (unsigned number = 100; number < 1100; ++number) {
        Exchange exchange = client_number(number);
        const Verdict verdict = exchange.send(exchange.syn());
        switch (GetParam()) {
            case Challenge::kAlways:
            case Challenge::kOverBudget:
                ASSERT_EQ(verdict.reason, Reason::kSynChallenged);
                break;
            case Challenge::kNever:
                ASSERT_EQ(verdict.reason, Reason::kWithoutFlow) << "as its ACK will be";
                break;
            case Challenge::kMonitor:
                ASSERT_EQ(verdict.action, Action::kForward);
                break;
        }
    }
    EXPECT_EQ(box.count(flow::Phase::kOpen), kCapacity);
    box.expect_consistent(64);
}

TEST_P(FullTable, OfEstablishedConnectionsHasNoRoomForARedeemedCookie) {
    if (GetParam() == Challenge::kNever || GetParam() == Challenge::kMonitor) {
        return;
    }
    establish_all();
    Exchange exchange = client_number(99, Manner::kChallenged);
    exchange.challenge();
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kTableFull);
    EXPECT_EQ(box.count(flow::Phase::kOpen), kCapacity);
    EXPECT_EQ(box.connecting.in_use(), 0U);
    // One has ended, and the client tries again.
    Exchange ended = client_number(0);
    box.table.erase(*ended.flow());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST_P(FullTable, OfHalfOpenConnectionsGivesTheOldestAway) {
    if (GetParam() == Challenge::kAlways) {
        return;
    }
    for (unsigned number = 0; number < kCapacity; ++number) {
        Exchange exchange = client_number(number);
        ASSERT_EQ(exchange.send(exchange.syn()).action, Action::kForward);
    }
    Exchange next = client_number(99, Manner::kChallenged);
    const Verdict verdict = next.send(next.syn());
    if (GetParam() == Challenge::kOverBudget) {
        EXPECT_EQ(verdict.reason, Reason::kSynChallenged) << "a cookie needs no room";
        EXPECT_EQ(next.redeem().action, Action::kConnectServer);
    } else {
        EXPECT_EQ(verdict.action, Action::kForward);
    }
    EXPECT_EQ(client_number(0).flow(), nullptr);
    ASSERT_NE(client_number(1).flow(), nullptr);
    ASSERT_NE(next.flow(), nullptr);
    EXPECT_EQ(box.table.size(), kCapacity);
    EXPECT_EQ(box.service().credits_left(),
              64 - (GetParam() == Challenge::kNever
                        ? 0
                        : (GetParam() == Challenge::kOverBudget ? kCapacity - 1 : kCapacity)))
        << "what gave way gave its credit back";
}

TEST_P(FullTable, DropsWhatAServerOpensUnlessTheServiceIsNotDefended) {
    establish_all();
    Exchange exchange = client_number(99);
    Sent syn = exchange.server(kSyn, 0);
    const Verdict verdict = exchange.send(syn);
    if (GetParam() == Challenge::kAlways || GetParam() == Challenge::kOverBudget) {
        EXPECT_EQ(verdict.reason, Reason::kTableFull);
    } else {
        EXPECT_EQ(verdict.action, Action::kForward);
    }
    EXPECT_EQ(box.count(flow::Phase::kOpen), kCapacity);
}

TEST_P(FullTable, LetsAConnectionsOwnPortsBeReused) {
    establish_all();
    Exchange old = client_number(3);
    old.flow()->set_state(Side::kOutside, State::kTimeWait);
    old.flow()->set_state(Side::kInside, State::kClosed);
    Exchange anew{box,
                  {.manner = Manner::kChallenged, .client_isn = 0x2222'0000, .client_port = 1003}};
    const Verdict verdict = anew.send(anew.syn());
    if (verdict.action == Action::kAnswerSyn) {
        EXPECT_EQ(anew.redeem().action, Action::kConnectServer);
    }
    ASSERT_NE(anew.flow(), nullptr);
    EXPECT_NE(anew.flow()->life(), flow::Phase::kOpen);
    EXPECT_EQ(box.count(flow::Phase::kOpen), kCapacity - 1);
}

}  // namespace
}  // namespace synward::defense
