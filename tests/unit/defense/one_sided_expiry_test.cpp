// SPDX-License-Identifier: BSD-3-Clause
//
// How long the box keeps a connection of which it sees the client alone, its credit, its place in
// its source's budget, and what its ends are told.
#include "one_sided.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

constexpr std::uint32_t kBudget = 2;

class OneSidedExpiry : public testing::Test {
  protected:
    explicit OneSidedExpiry(Policy rules = one_sided(Challenge::kOverBudget, kBudget))
        : box{std::move(rules)} {}

    Box box;
    Exchange client{box};

    /// Within budget, so that its source has proven nothing.
    void establish_unproven() {
        ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynWithinBudget);
        ASSERT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kHandshakeUnproven);
    }
    void wait(tcp::Duration duration) {
        box.advance(duration);
        box.expire();
    }
    void expect_alive() {
        EXPECT_EQ(client.send(client.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
    }
};

// Whoever forges a SYN can forge the ACK that follows: it must not buy another credit.
TEST_F(OneSidedExpiry, AForgedThirdSegmentFreesNoCredit) {
    establish_unproven();
    EXPECT_EQ(box.service().credits_left(), kBudget - 1);
    for (int second = 0; second < 9; ++second) {
        wait(seconds{1});
        expect_alive();
        EXPECT_EQ(box.service().credits_left(), kBudget - 1) << second;
    }
    EXPECT_EQ(box.table.half_open(), 1U);
    box.expect_consistent(kBudget);
}

TEST_F(OneSidedExpiry, AClientThatGoesOnOutlivesItsHandshake) {
    establish_unproven();
    for (int hours = 0; hours < 5; ++hours) {
        wait(std::chrono::hours{hours == 0 ? 0 : 1} + seconds{11});
        expect_alive();
    }
    EXPECT_EQ(box.service().credits_left(), kBudget);
    EXPECT_EQ(box.table.half_open(), 1U) << "it still gives way where there is no room";
    wait(std::chrono::hours{3});
    EXPECT_EQ(client.flow(), nullptr);
    box.expect_consistent(kBudget);
}

TEST_F(OneSidedExpiry, ASynAloneLivesAsLongAsAHandshakeMayTake) {
    ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynWithinBudget);
    wait(seconds{11});
    EXPECT_EQ(client.flow(), nullptr);
    EXPECT_EQ(box.service().credits_left(), kBudget);
}

TEST_F(OneSidedExpiry, TheClientsExactResetGivesItsCreditBack) {
    establish_unproven();
    EXPECT_EQ(client.send(client.client(kRst, 2)).reason, Reason::kReset);
    EXPECT_EQ(box.service().credits_left(), kBudget - 1);
    EXPECT_EQ(client.send(client.client(kRst, 1)).reason, Reason::kReset);
    EXPECT_EQ(box.service().credits_left(), kBudget);
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_F(OneSidedExpiry, ASourceThatProvesItselfLaterIsTakenForProven) {
    establish_unproven();
    Exchange second{box, {.client_port = 2}};
    Exchange third{box, {.client_port = 3}};
    second.send(second.syn());
    admit(third);
    wait(seconds{11});
    EXPECT_EQ(client.flow()->life(), flow::Phase::kOpen);
    EXPECT_EQ(box.service().credits_left(), kBudget);
    box.expect_consistent(kBudget);
}

// The bound on what a flood of SYNs and ACKs can take up.
TEST_F(OneSidedExpiry, AFloodOfHandshakesTakesOneBudgetInEachTimeOfAHandshake) {
    unsigned passed = 0;
    for (unsigned port = 1; port <= 10'000; ++port) {
        Exchange forged{box, {.client_port = port}};
        passed += forged.send(forged.syn()).action == Action::kForward ? 1U : 0U;
        forged.send(forged.client(kAck, 1, 1));
        if (port % 100 == 0) {
            wait(milliseconds{100});
        }
    }
    EXPECT_LE(passed, kBudget);
    EXPECT_EQ(box.table.size(), kBudget);
    Exchange honest{box, {.client_port = 10'001}};
    admit(honest);
    EXPECT_EQ(honest.send(honest.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(honest.send(honest.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
}

TEST_F(OneSidedExpiry, WhatHasProvenNothingGivesWayInAFullTable) {
    Box small{{.policy = one_sided(Challenge::kOverBudget, 64), .capacity = 8}};
    for (unsigned port = 1; port <= 7; ++port) {
        Exchange unproven{small, {.client_port = port}};
        ASSERT_EQ(unproven.send(unproven.syn()).reason, Reason::kSynWithinBudget);
        ASSERT_EQ(unproven.send(unproven.client(kAck, 1, 1)).reason, Reason::kHandshakeUnproven);
    }
    small.advance(seconds{11});
    small.expire();
    ASSERT_EQ(small.table.size(), 7U);
    for (unsigned port = 101; port <= 108; ++port) {
        Exchange proven{small, {.client_port = port}};
        if (port > 101) {
            ASSERT_EQ(proven.send(proven.syn()).reason, Reason::kSynAdmitted);
        } else {
            ASSERT_EQ(proven.send(proven.syn()).reason, Reason::kSynWithinBudget);
            Exchange next{small, {.client_port = 200}};
            admit(next);
        }
        ASSERT_EQ(proven.send(proven.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    }
    EXPECT_EQ(small.count(flow::Phase::kOpen), 8U);
    small.expect_consistent(64);
}

class OneSidedTimeouts : public OneSidedExpiry {
  protected:
    explicit OneSidedTimeouts(const Policy& rules = one_sided(Challenge::kAlways))
        : OneSidedExpiry{rules} {}
    void establish() {
        admit(client);
        ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted);
        ASSERT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    }
};

// RFC 5382 REQ-5.
TEST_F(OneSidedTimeouts, AProvenConnectionMayBeSilentAsAnyOther) {
    establish();
    wait(std::chrono::hours{2});
    expect_alive();
    wait(std::chrono::hours{2} + std::chrono::minutes{5});
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_F(OneSidedTimeouts, AClientThatHasClosedHasTheTimeOfAClose) {
    establish();
    client.send(client.client(kAck | kFin, 1, 1));
    for (int again = 0; again < 5; ++again) {  // the server sends on
        wait(std::chrono::minutes{3});
        EXPECT_EQ(client.send(client.client(kAck, 2, 1 + 1000 * again)).reason,
                  Reason::kInConnection);
    }
    wait(std::chrono::minutes{5});
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_F(OneSidedTimeouts, AResetThatMayNotCountLeavesTheTimeOfAClose) {
    establish();
    client.send(client.client(kAck, 1, 1, 100));
    client.send(client.client(kRst, 51));
    wait(std::chrono::minutes{3});
    expect_alive();
    wait(std::chrono::hours{2});
    expect_alive();
    client.send(client.client(kRst, 51));
    wait(std::chrono::minutes{5});
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_F(OneSidedTimeouts, AResetThatCountsLeavesTheTimeOfAHandshake) {
    establish();
    client.send(client.client(kRst, 1));
    wait(seconds{9});
    ASSERT_NE(client.flow(), nullptr);
    wait(seconds{2});
    EXPECT_EQ(client.flow(), nullptr);
}

Policy with_concurrent(std::uint32_t concurrent) {
    Policy policy = one_sided(Challenge::kAlways);
    policy.sources.concurrent = concurrent;
    return policy;
}

class OneSidedPlaces : public OneSidedTimeouts {
  protected:
    OneSidedPlaces() : OneSidedTimeouts{with_concurrent(1)} {}
};

TEST_F(OneSidedPlaces, AConnectionTakesItsSourcesPlaceUntilItsClientCloses) {
    establish();
    Exchange other{box, {.client_port = 5}};
    EXPECT_EQ(other.send(other.syn()).reason, Reason::kSourceOverConcurrent);
    EXPECT_EQ(other.send(other.client(kAck, 1, 1)).reason, Reason::kSourceOverConcurrent)
        << "nor by going on";
    client.send(client.client(kAck | kFin, 1, 1));
    EXPECT_EQ(other.send(other.syn()).reason, Reason::kSynAdmitted);
}

Policy resetting(Challenge challenge) {
    Policy policy = one_sided(challenge, kBudget);
    policy.on_expiry = OnExpiry::kReset;
    return policy;
}

/// A segment that the box sends of its own, less what is the same in each.
struct Told {
    Side to;
    std::uint32_t sequence;
    Reason reason;
    bool is_deliverable;

    friend bool operator==(const Told&, const Told&) = default;
    friend void PrintTo(const Told& told, std::ostream* out) {
        *out << (told.to == Side::kInside ? "server " : "client ") << std::hex << told.sequence
             << " " << wire::description(told.reason).name << " " << told.is_deliverable;
    }
};

class OneSidedResets : public OneSidedTimeouts {
  protected:
    explicit OneSidedResets(Challenge challenge = Challenge::kAlways)
        : OneSidedTimeouts{resetting(challenge)} {}
    std::vector<Told> told_after(tcp::Duration duration) {
        box.defender.clear_originations();
        wait(duration);
        std::vector<Told> told;
        for (const Origination& each : box.defender.originations()) {
            EXPECT_EQ(each.fields.flags, kRst);
            told.push_back(
                {each.to, each.fields.sequence.value(), each.reason, each.link.is_known()});
        }
        return told;
    }
};

// RFC 5961 section 3: each end gets the number that it waits for, the client by what it has
// acknowledged.
TEST_F(OneSidedResets, BothEndsOfAnIdleConnectionAreTold) {
    establish();
    client.send(client.client(kAck, 1, 1, 100));
    client.send(client.client(kAck, 101, 5001));
    EXPECT_EQ(told_after(std::chrono::hours{3}),
              (std::vector<Told>{
                  {Side::kInside, 0x1000'0000 + 101, Reason::kResetOnExpiryServer, true},
                  {Side::kOutside, 0x7000'0000 + 5001, Reason::kResetOnExpiryClient, true}}));
}

// RFC 1337: its client may be in TIME_WAIT.
TEST_F(OneSidedResets, OnlyTheServerOfAClosedClientIsTold) {
    establish();
    client.send(client.client(kAck | kFin, 1, 1));
    EXPECT_EQ(
        told_after(std::chrono::minutes{5}),
        (std::vector<Told>{{Side::kInside, 0x1000'0000 + 2, Reason::kResetOnExpiryServer, true}}));
}

TEST_F(OneSidedResets, NobodyIsToldAfterAReset) {
    establish();
    client.send(client.client(kRst, 1));
    EXPECT_EQ(told_after(std::chrono::minutes{5}), std::vector<Told>{});
}

class OneSidedResetsOverBudget : public OneSidedResets {
  protected:
    OneSidedResetsOverBudget() : OneSidedResets{Challenge::kOverBudget} {}
};

// Its SYN-ACK may have gone another way, so the server is told whatever the box knows of it.
TEST_F(OneSidedResetsOverBudget, TheServersBacklogIsFreed) {
    client.send(client.syn());
    EXPECT_EQ(
        told_after(seconds{11}),
        (std::vector<Told>{{Side::kInside, 0x1000'0000 + 1, Reason::kResetOnExpiryServer, false}}))
        << "no segment has shown the way to it yet";
}

TEST_F(OneSidedResetsOverBudget, AClientThatHasProvenNothingIsToldNothing) {
    establish_unproven();
    EXPECT_EQ(told_after(seconds{11}), std::vector<Told>{});
    EXPECT_EQ(
        told_after(std::chrono::hours{3}),
        (std::vector<Told>{{Side::kInside, 0x1000'0000 + 1, Reason::kResetOnExpiryServer, false}}));
}

}  // namespace
}  // namespace synward::defense
