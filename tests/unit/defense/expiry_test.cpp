// SPDX-License-Identifier: BSD-3-Clause
//
// What the ends of a connection are told when its time is over.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

Policy with_resets(Challenge challenge, OnExpiry on_expiry = OnExpiry::kReset) {
    Policy policy = one_service(challenge);
    policy.on_expiry = on_expiry;
    return policy;
}

/// A RST that was sent, in the numbers of Exchange.
struct Reset {
    Side to;
    std::uint32_t sequence;
    Reason reason;
    friend bool operator==(const Reset&, const Reset&) = default;
};
void PrintTo(const Reset& reset, std::ostream* out) {
    *out << (reset.to == Side::kInside ? "server " : "client ") << reset.sequence << " "
         << wire::description(reset.reason).name;
}

constexpr Reset to_server(std::uint32_t sequence) {
    return {Side::kInside, sequence, Reason::kResetOnExpiryServer};
}
constexpr Reset to_client(std::uint32_t sequence) {
    return {Side::kOutside, sequence, Reason::kResetOnExpiryClient};
}

class Expiry : public testing::TestWithParam<Manner> {
  protected:
    static constexpr std::uint32_t kClientIsn = 0xffff'fff0;
    static constexpr std::uint32_t kServerIsn = 0x7000'0000;

    Challenge challenge() const {
        return GetParam() == Manner::kChallenged ? Challenge::kAlways : Challenge::kOverBudget;
    }
    /// Lets the flow's time pass; what is sent then.
    std::vector<Reset> resets_after(tcp::Duration duration) {
        box.advance(duration - seconds{1});
        box.expire();
        EXPECT_TRUE(box.defender.originations().empty()) << "its time has not come";
        EXPECT_NE(exchange.flow(), nullptr);
        box.advance(seconds{2});
        box.expire();
        EXPECT_EQ(exchange.flow(), nullptr);
        return resets();
    }
    std::vector<Reset> resets() {
        std::vector<Reset> found;
        for (const Origination& origination : box.defender.originations()) {
            EXPECT_EQ(origination.fields.flags, kRst);
            EXPECT_TRUE(origination.link.is_known());
            EXPECT_EQ(origination.link.from, Side::kInside);
            const std::uint32_t isn =
                origination.to == Side::kInside ? kClientIsn : exchange.shown_isn();
            found.push_back(
                {origination.to, origination.fields.sequence.value() - isn, origination.reason});
        }
        box.defender.clear_originations();
        return found;
    }
    Box box{with_resets(challenge())};
    Exchange exchange{box,
                      {.manner = GetParam(), .client_isn = kClientIsn, .server_isn = kServerIsn}};
};

INSTANTIATE_TEST_SUITE_P(, Expiry, testing::Values(Manner::kUntouched, Manner::kChallenged));

TEST_P(Expiry, ResetsBothEndsOfAnIdleConnectionAtTheExactNumbersRfc5961Section3) {
    exchange.establish();
    exchange.send(exchange.client(kAck, 1, 1, 100));
    exchange.send(exchange.server(kAck, 1, 101, 1400));
    exchange.send(exchange.client(kAck, 101, 1401));
    EXPECT_EQ(resets_after(box.policy.timeouts.established),
              (std::vector{to_server(101), to_client(1401)}));
}

TEST_P(Expiry, ResetsBothEndsOfAHalfClosedConnectionFinCounted) {
    exchange.establish();
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kAck, 1, 2, 50));
    exchange.send(exchange.client(kAck, 2, 51));
    exchange.expect_states(State::kFinWait2, State::kCloseWait);
    EXPECT_EQ(resets_after(box.policy.timeouts.half_closed),
              (std::vector{to_server(2), to_client(51)}));
}

TEST_P(Expiry, ResetsBothEndsWhereTheLastAckIsMissing) {
    exchange.establish();
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    exchange.expect_states(State::kFinWait2, State::kLastAck);
    EXPECT_EQ(resets_after(box.policy.timeouts.closing), (std::vector{to_server(2), to_client(2)}));
}

TEST_P(Expiry, IsSilentInTimeWaitRfc1337) {
    exchange.establish();
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    exchange.send(exchange.client(kAck, 2, 2));
    exchange.expect_states(State::kTimeWait, State::kClosed);
    EXPECT_EQ(resets_after(box.policy.timeouts.time_wait), std::vector<Reset>{});
}

TEST_P(Expiry, IsSilentAfterAReset) {
    exchange.establish();
    exchange.send(exchange.client(kRst, 1));
    EXPECT_EQ(resets_after(box.policy.timeouts.half_open), std::vector<Reset>{});
}

TEST_P(Expiry, WaitsForRoomSoThatNoSliceIsLong) {
    constexpr unsigned kConnections = 200;
    for (unsigned number = 0; number < kConnections; ++number) {
        Exchange each{box, {.manner = GetParam(), .client_port = 1000 + number}};
        each.establish();
        box.connecting.recycle();
    }
    box.advance(box.policy.timeouts.established + seconds{1});
    std::size_t sent = 0;
    unsigned slices = 0;
    while (box.table.size() != 0) {
        box.expire();
        ASSERT_LE(box.defender.originations().size(), Originations::kMost);
        ASSERT_FALSE(box.defender.originations().empty());
        sent += box.defender.originations().size();
        box.defender.clear_originations();
        ++slices;
    }
    EXPECT_EQ(sent, 2 * kConnections);
    EXPECT_EQ(slices, (2 * kConnections + Originations::kMost - 1) / Originations::kMost);
}

TEST(HalfOpenExpiry, FreesTheBacklogOfAServerThatHasAnswered) {
    Box box{with_resets(Challenge::kOverBudget)};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    box.advance(box.policy.timeouts.half_open + seconds{1});
    box.expire();
    ASSERT_EQ(box.defender.originations().size(), 1U) << "the client may be a flood's victim";
    const Origination& reset = box.defender.originations()[0];
    EXPECT_EQ(reset.to, Side::kInside);
    EXPECT_EQ(reset.reason, Reason::kResetOnExpiryServer);
    EXPECT_EQ(reset.fields.sequence, wire::SequenceNumber{0x1000'0001});
    EXPECT_EQ(reset.fields.flags, kRst);
    EXPECT_EQ(box.flow(), nullptr);
    box.expect_consistent(64);
}

TEST(HalfOpenExpiry, SaysNothingToAServerThatHasNot) {
    Box box{with_resets(Challenge::kOverBudget)};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    box.advance(box.policy.timeouts.half_open + seconds{1});
    box.expire();
    EXPECT_EQ(box.flow(), nullptr);
    EXPECT_TRUE(box.defender.originations().empty());
}

TEST(HalfOpenExpiry, LeavesAServersOwnAttemptAlone) {
    Box box{with_resets(Challenge::kOverBudget)};
    Exchange exchange{box};
    exchange.send(exchange.server(kSyn, 0));
    exchange.send(exchange.client(kSyn | kAck, 0, 1));
    box.advance(box.policy.timeouts.half_open + seconds{1});
    box.expire();
    EXPECT_EQ(box.flow(), nullptr);
    EXPECT_TRUE(box.defender.originations().empty());
}

TEST(HalfOpenExpiry, OfOneThatGivesWayInAFullTable) {
    for (const OnExpiry on_expiry : {OnExpiry::kSilent, OnExpiry::kReset}) {
        Box box{Box::Settings{.policy = with_resets(Challenge::kNever, on_expiry), .capacity = 2}};
        for (unsigned number = 0; number < 3; ++number) {
            Exchange each{box, {.client_port = 1000 + number}};
            each.send(each.syn());
            each.send(each.syn_ack());
        }
        ASSERT_EQ(box.flow(1000), nullptr);
        const auto sent = box.defender.originations();
        ASSERT_EQ(sent.size(), on_expiry == OnExpiry::kReset ? 1U : 0U);
        if (!sent.empty()) {
            EXPECT_EQ(sent[0].reason, Reason::kResetOnEviction);
            EXPECT_EQ(sent[0].tuple.outside_port, 1000);
            EXPECT_EQ(sent[0].fields.sequence, wire::SequenceNumber{0x1000'0001});
        }
    }
}

TEST(SilentExpiry, IsTheDefaultAndSaysNothing) {
    EXPECT_EQ(Policy{}.on_expiry, OnExpiry::kSilent);
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.establish();
    box.advance(box.policy.timeouts.established + seconds{1});
    box.expire();
    EXPECT_EQ(box.flow(), nullptr);
    EXPECT_TRUE(box.defender.originations().empty());
}

TEST(DefaultTimeouts, AreThoseOfTheRfcs) {
    const Timeouts timeouts;
    EXPECT_EQ(timeouts.established, std::chrono::hours{2} + std::chrono::minutes{4})
        << "RFC 5382 REQ-5";
    EXPECT_GE(timeouts.half_open, seconds{6}) << "RFC 5382 REQ-4";
    EXPECT_EQ(timeouts.half_open, seconds{10});
    EXPECT_EQ(timeouts.half_closed, timeouts.established) << "RFC 5382 REQ-5: no FIN exchange yet";
    EXPECT_EQ(timeouts.closing, std::chrono::minutes{4}) << "RFC 5382 REQ-5, RFC 9293 2 MSL";
    EXPECT_EQ(timeouts.time_wait, seconds{60}) << "RFC 9293 section 3.4.2, shortened as Linux does";
}

}  // namespace
}  // namespace synward::defense
