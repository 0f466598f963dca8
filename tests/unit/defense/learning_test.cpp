// SPDX-License-Identifier: BSD-3-Clause
//
// What the box learns from servers while it challenges their clients.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst;

class Learned : public testing::Test {
  protected:
    std::uint8_t promised_scale() {
        const Exchange::Style style{.manner = Manner::kChallenged, .client_port = next_port_++};
        Exchange client{box, style};
        return client.challenge().options.window_scale.value_or(tcp::kNoWindowScale);
    }
    Verdict syn(unsigned client_port) {
        return Exchange{box, {.client_port = client_port}}.challenge();
    }
    /// A client redeems its cookie, and the server refuses it.
    void refuse(unsigned client_port) {
        Exchange client{box, {.manner = Manner::kChallenged, .client_port = client_port}};
        ASSERT_EQ(client.redeem().action, Action::kConnectServer);
        ASSERT_EQ(client.send(client.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    }

    Box box{Challenge::kAlways};
    unsigned next_port_ = 20'000;
};

TEST_F(Learned, ScaleIsPromisedToTheSecondClientAlready) {
    EXPECT_EQ(promised_scale(), 7);
    Exchange first{box, {.manner = Manner::kChallenged, .server_scale = 9}};
    first.establish();
    EXPECT_EQ(promised_scale(), 9);
}

TEST_F(Learned, NewsDoNotEndTheLifeOfYoungCookies) {
    box.advance(box.policy.cookie_key_lifetime);
    Exchange early{box, {.manner = Manner::kChallenged, .client_port = 1}};
    early.challenge();  // of the epoch before the one in which the server is first heard
    box.advance(box.policy.cookie_key_lifetime);
    Exchange first{box, {.manner = Manner::kChallenged, .client_port = 2, .server_scale = 9}};
    first.establish();
    box.advance(seconds{1});
    EXPECT_EQ(promised_scale(), 7);
    EXPECT_EQ(early.send(early.client(kAck, 1, 1)).action, Action::kConnectServer);
    box.advance(seconds{3});
    EXPECT_EQ(promised_scale(), 9);
}

TEST_F(Learned, ChangingServersDoNotHurryTheKeys) {
    Exchange first{box, {.manner = Manner::kChallenged, .client_port = 1, .server_scale = 9}};
    first.establish();
    EXPECT_EQ(promised_scale(), 9);
    Exchange second{box, {.manner = Manner::kChallenged, .client_port = 2, .server_scale = 3}};
    second.establish();
    box.advance(seconds{10});
    EXPECT_EQ(promised_scale(), 9);
    box.advance(box.policy.cookie_key_lifetime);
    EXPECT_EQ(promised_scale(), 3);
}

TEST_F(Learned, ClosedPortLooksClosedForAWhile) {
    EXPECT_EQ(syn(1).action, Action::kAnswerSyn);
    refuse(2);
    const Verdict verdict = syn(3);
    EXPECT_EQ(verdict.action, Action::kAnswerRefused);
    EXPECT_EQ(verdict.reason, Reason::kSynRefused);
    EXPECT_EQ(verdict.acknowledgment, wire::SequenceNumber{0x1000'0001});
    box.advance(RefusedPorts::kFresh - milliseconds{1});
    EXPECT_EQ(syn(4).action, Action::kAnswerRefused);
    box.advance(milliseconds{1});
    EXPECT_EQ(syn(5).reason, Reason::kSynAsks);
}

TEST_F(Learned, PortIsOpenAgainOnceItsServerAnswers) {
    Exchange waiting{box, {.manner = Manner::kChallenged, .client_port = 1}};
    ASSERT_EQ(waiting.redeem().action, Action::kConnectServer);
    refuse(2);
    ASSERT_EQ(waiting.send(waiting.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(syn(3).action, Action::kAnswerSyn);
}

/// Of a service whose SYNs pass while the budget lasts.
TEST(LearnedOverBudget, PortIsOpenAgainOnceItsServerAnswersAnUntouchedSyn) {
    Box box{Challenge::kOverBudget, 1};
    Exchange holder{box, {.client_port = 1}};
    ASSERT_EQ(holder.send(holder.syn()).reason, Reason::kSynWithinBudget);
    Exchange refused{box, {.manner = Manner::kChallenged, .client_port = 2}};
    ASSERT_EQ(refused.redeem().action, Action::kConnectServer);
    ASSERT_EQ(refused.send(refused.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    Exchange next{box, {.client_port = 3}};
    ASSERT_EQ(next.challenge().action, Action::kAnswerRefused);
    ASSERT_EQ(holder.send(holder.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(next.challenge().action, Action::kAnswerSyn);
}

/// Two servers of one service that differ, each asked by clients of its own.
class TwoServers : public testing::Test {
  protected:
    static constexpr unsigned kFast = 10;
    static constexpr unsigned kPlain = 20;

    static Policy farm() {
        Policy policy = one_service(Challenge::kAlways);
        policy.services[0].addresses = {*wire::Prefix::parse("198.51.100.0/24"),
                                        *wire::Prefix::parse("2001:db8::/64")};
        return policy;
    }
    Exchange client_of(unsigned server, bool ipv6 = false) {
        return Exchange{box,
                        {.manner = Manner::kChallenged,
                         .client_port = next_port_++,
                         .ipv6 = ipv6,
                         .server = server}};
    }
    /// A client of `server` is answered with these options.
    void teach(unsigned server, const test::OptionsText& options, bool ipv6 = false) {
        Exchange client = client_of(server, ipv6);
        ASSERT_EQ(client.redeem().action, Action::kConnectServer);
        Sent answer = client.syn_ack();
        answer.options = options.bytes();
        ASSERT_EQ(client.send(answer).action, Action::kJoin);
        box.connecting.recycle();
    }
    void teach_both(bool ipv6 = false) {
        teach(kFast,
              {.mss = 1400, .sack_permitted = true, .timestamps = {{9, 1000}}, .window_scale = 11},
              ipv6);
        teach(kPlain, {.mss = 1200}, ipv6);
    }
    wire::HandshakeOptions promised(unsigned server, bool ipv6 = false) {
        return client_of(server, ipv6).challenge().options;
    }
    Box box{farm()};
    unsigned next_port_ = 1000;
};

TEST_F(TwoServers, OfOneServiceArePromisedEachItsOwn) {
    for (const bool ipv6 : {false, true}) {
        teach_both(ipv6);
        box.advance(seconds{5});
        const auto fast = promised(kFast, ipv6);
        EXPECT_EQ(fast.mss, 1400);
        EXPECT_EQ(fast.window_scale, 11);
        EXPECT_TRUE(fast.sack_permitted);
        EXPECT_TRUE(fast.timestamps);
        const auto plain = promised(kPlain, ipv6);
        EXPECT_EQ(plain.mss, 1200);
        EXPECT_FALSE(plain.window_scale);
        EXPECT_FALSE(plain.sack_permitted);
        EXPECT_FALSE(plain.timestamps);
    }
}

TEST_F(TwoServers, AreSplicedByWhatTheCookieSaidWhateverWasHeardSince) {
    // Cookies of all moments: before anything is known, between the first answers and the next
    // epoch, and after it; redeemed in their own epoch and in the next.
    for (const unsigned server : {kFast, kPlain}) {
        for (const seconds age : {seconds{0}, seconds{3}, seconds{6}, seconds{31}}) {
            std::vector<Exchange> clients;
            std::vector<unsigned> scales;
            const auto challenge = [&] {
                clients.push_back(client_of(server));
                const auto options = clients.back().challenge().options;
                scales.push_back(options.window_scale.value_or(tcp::kNoWindowScale));
            };
            challenge();
            teach(server, {.mss = 1300, .window_scale = 5});
            challenge();
            box.advance(age);
            challenge();
            for (std::size_t number = 0; number < clients.size(); ++number) {
                ASSERT_EQ(clients[number].send(clients[number].client(kAck, 1, 1)).action,
                          Action::kConnectServer)
                    << number;
                EXPECT_EQ(clients[number].flow()->promised_scale, scales[number]) << number;
            }
            box.advance(box.policy.cookie_key_lifetime * 3);
            box.expire();
            box.wait(seconds{10});
        }
    }
}

TEST_F(TwoServers, AreUnknownToEachOther) {
    teach(kFast, {.mss = 1400, .sack_permitted = true, .window_scale = 11});
    box.advance(seconds{5});
    EXPECT_EQ(promised(kPlain).mss, 1400) << "one not heard yet is taken for one like the others";
    teach(kPlain, {.mss = 1200, .window_scale = 0});
    box.advance(box.policy.cookie_key_lifetime);
    EXPECT_EQ(promised(kFast).window_scale, 11);
    EXPECT_EQ(promised(kPlain).window_scale, 0);
}

TEST(SharedCookies, ArePromisedAScaleThatBothBoxesKnow) {
    const Box::Settings settings{.policy = one_service(Challenge::kAlways),
                                 .cookies_are_shared = true};
    Box knows{settings};
    Box knows_not{settings};
    for (unsigned number = 0; number < 2; ++number) {
        Exchange first{knows, {.manner = Manner::kChallenged, .client_port = 1 + number}};
        first.establish();  // its server's scale is 9
        knows.advance(knows.policy.cookie_key_lifetime);
        knows_not.advance(knows_not.policy.cookie_key_lifetime);
    }
    for (const auto& [issuer, redeemer] :
         {std::pair{&knows, &knows_not}, std::pair{&knows_not, &knows}}) {
        Exchange client{*issuer, {.manner = Manner::kChallenged, .client_port = 77}};
        const Verdict challenge = client.challenge();
        ASSERT_TRUE(challenge.options.window_scale);
        ASSERT_EQ(redeemer->send(client.client(kAck, 1, 1)).action, Action::kConnectServer);
        EXPECT_EQ(redeemer->flow(77)->promised_scale, *challenge.options.window_scale);
    }
}

}  // namespace
}  // namespace synward::defense
