// SPDX-License-Identifier: BSD-3-Clause
//
// Questions to servers of which nothing is known.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kCwr, wire::kEce, wire::kRst, wire::kSyn;

class Probing : public testing::TestWithParam<bool> {
  protected:
    static Policy farm(Challenge challenge) {
        Policy policy = one_service(challenge, 1);
        policy.services[0].probe = true;
        policy.services[0].addresses = {*wire::Prefix::parse("198.51.100.0/24"),
                                        *wire::Prefix::parse("2001:db8::/64")};
        return policy;
    }
    bool ipv6() const { return GetParam(); }
    Exchange client(unsigned server = 2) {
        return Exchange{box,
                        {.manner = Manner::kChallenged,
                         .client_port = next_port_++,
                         .ipv6 = ipv6(),
                         .server = server}};
    }
    /// A client's SYN is challenged; the questions that follow from it.
    std::vector<Origination> challenge(unsigned server = 2) {
        Exchange exchange = client(server);
        EXPECT_EQ(exchange.challenge().action, Action::kAnswerSyn);
        const auto asked = box.defender.originations();
        std::vector<Origination> probes{asked.begin(), asked.end()};
        box.defender.clear_originations();
        return probes;
    }
    /// The server's segment in answer to a question.
    Verdict answer(const Origination& probe, unsigned flags,
                   const test::OptionsText& options = {.mss = 1460}, std::uint32_t off = 0) {
        return box.send({.from = Side::kInside,
                         .flags = flags,
                         .sequence = 0x5000'0000,
                         .acknowledgment = probe.fields.sequence.value() + 1 + off,
                         .options = options.bytes(),
                         .client_port = probe.tuple.outside_port,
                         .ipv6 = ipv6()});
    }
    Box box{farm(Challenge::kAlways)};
    unsigned next_port_ = 1000;
};

INSTANTIATE_TEST_SUITE_P(, Probing, testing::Values(false, true), [](const auto& ipv6) {
    return std::string{ipv6.param ? "Ipv6" : "Ipv4"};
});

TEST_P(Probing, OffersEverythingInTheNameOfTheClientFromAPortWithoutAFlow) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    const Origination& probe = probes[0];
    EXPECT_EQ(probe.reason, Reason::kProbe);
    EXPECT_EQ(probe.to, Side::kInside);
    EXPECT_EQ(probe.fields.flags, kSyn | kEce | kCwr);
    EXPECT_EQ(probe.options.mss, ipv6() ? 1440 : 1460);
    EXPECT_TRUE(probe.options.window_scale);
    EXPECT_TRUE(probe.options.sack_permitted);
    EXPECT_TRUE(probe.options.timestamps);
    EXPECT_TRUE(probe.link.is_known());
    EXPECT_EQ(probe.link.from, Side::kOutside);
    EXPECT_EQ(probe.tuple.inside_port, kServicePort);
    EXPECT_EQ(box.flow(probe.tuple.outside_port, ipv6()), nullptr);
    EXPECT_EQ(box.table.size(), 0U) << "nothing is kept of it";
}

TEST_P(Probing, TeachesTheSecondClientsPromiseEcnIncluded) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    const Verdict verdict = answer(probes[0], kSyn | kAck | kEce, {.mss = 1300, .window_scale = 4});
    EXPECT_EQ(verdict.action, Action::kResetSender);
    EXPECT_EQ(verdict.reason, Reason::kProbeAnswered);
    EXPECT_EQ(verdict.sequence, probes[0].fields.sequence + 1) << "exact (RFC 5961)";
    Exchange second = client();
    Sent syn = second.syn();
    syn.flags |= kEce | kCwr;
    const Verdict promise = second.send(syn);
    EXPECT_EQ(promise.options.mss, 1300);
    EXPECT_EQ(promise.options.window_scale, 4);
    EXPECT_FALSE(promise.options.sack_permitted) << "asked for and not given";
    EXPECT_FALSE(promise.options.timestamps);
    // Without time stamps and SACK the cookie has no room for ECN.
    EXPECT_TRUE(box.service().offers(!ipv6()).promised(0).ecn ||
                box.service().offers(!ipv6()).promised(1).ecn);
}

TEST_P(Probing, LetsAClientHaveEcnWithoutThePolicysSayingSo) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    answer(probes[0], kSyn | kAck | kEce,
           {.mss = 1400, .sack_permitted = true, .timestamps = {{5, 6}}, .window_scale = 9});
    Exchange second = client();
    Sent syn = second.syn();
    syn.flags |= kEce | kCwr;
    EXPECT_TRUE(second.send(syn).ecn);
    box.advance(ProbePace::kFresh + seconds{1});
    const auto again = challenge();
    ASSERT_EQ(again.size(), 1U) << "what was heard too long ago is asked for again";
    answer(again[0], kSyn | kAck,
           {.mss = 1400, .sack_permitted = true, .timestamps = {{5, 6}}, .window_scale = 9});
    box.advance(box.policy.cookie_key_lifetime);
    Exchange third = client();
    syn = third.syn();
    syn.flags |= kEce | kCwr;
    EXPECT_FALSE(third.send(syn).ecn) << "asked for and refused";
}

TEST_P(Probing, AsksAnAddressOnceASecondAndEachByItself) {
    EXPECT_EQ(challenge(2).size(), 1U);
    EXPECT_EQ(challenge(2).size(), 0U);
    EXPECT_EQ(challenge(3).size(), 0U) << "ten a second in all";
    box.advance(ProbePace::kInterval);
    EXPECT_EQ(challenge(2).size(), 0U);
    EXPECT_EQ(challenge(3).size(), 1U);
    box.advance(ProbePace::kAddressInterval);
    EXPECT_EQ(challenge(2).size(), 1U) << "no answer came";
}

TEST_P(Probing, IsNoWeaponInAFlood) {
    unsigned asked = 0;
    for (unsigned number = 0; number < 10'000; ++number) {  // ten seconds
        asked += static_cast<unsigned>(challenge(2 + number % 200).size());
        box.advance(milliseconds{1});
    }
    EXPECT_LE(asked, 101U);
    EXPECT_GE(asked, 90U);
}

TEST_P(Probing, StopsWhenTheServerWasHeard) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    answer(probes[0], kSyn | kAck);
    for (unsigned number = 0; number < 59; ++number) {
        box.advance(seconds{1});
        EXPECT_EQ(challenge().size(), 0U);
    }
    box.advance(seconds{2});
    EXPECT_EQ(challenge().size(), 1U);
}

TEST_P(Probing, ResetsARetransmittedAnswerToo) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    for (unsigned time = 0; time < 3; ++time) {
        EXPECT_EQ(answer(probes[0], kSyn | kAck).action, Action::kResetSender);
        box.advance(seconds{10});
    }
}

TEST_P(Probing, RemembersARefusedPort) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    const Verdict verdict = answer(probes[0], kRst | kAck);
    EXPECT_EQ(verdict.action, Action::kDrop);
    EXPECT_EQ(verdict.reason, Reason::kProbeRefused);
    Exchange second = client();
    EXPECT_EQ(second.send(second.syn()).reason, Reason::kSynRefused);
}

TEST_P(Probing, TakesNothingElseForAnAnswer) {
    const auto probes = challenge();
    ASSERT_EQ(probes.size(), 1U);
    EXPECT_EQ(answer(probes[0], kSyn | kAck, {}, 1).reason, Reason::kSynAckWithoutFlow);
    EXPECT_EQ(answer(probes[0], kRst | kAck, {}, 1).reason, Reason::kResetWithoutFlow);
    EXPECT_EQ(answer(probes[0], kAck).reason, Reason::kAckWithoutFlow) << "an older connection's";
    const Sent from_outside{.from = Side::kOutside,
                            .flags = kSyn | kAck,
                            .acknowledgment = probes[0].fields.sequence.value() + 1,
                            .client_port = probes[0].tuple.outside_port,
                            .ipv6 = ipv6()};
    EXPECT_EQ(box.send(from_outside).reason, Reason::kSynAckWithoutFlow);
    box.advance(seconds{5});
    EXPECT_EQ(challenge().size(), 1U) << "nothing was learned";
}

TEST(ProbingOff, AsksNobody) {
    for (const Challenge mode : {Challenge::kAlways, Challenge::kOverBudget}) {
        Box box{mode, 1};
        for (unsigned number = 0; number < 3; ++number) {
            Exchange client{box, {.client_port = 1 + number}};
            client.send(client.syn());
        }
        EXPECT_TRUE(box.defender.originations().empty());
    }
}

TEST(ProbingOverBudget, BeginsWithTheFirstChallenge) {
    Policy policy = one_service(Challenge::kOverBudget, 1);
    policy.services[0].probe = true;
    Box box{policy};
    Exchange first{box, {.client_port = 1}};
    EXPECT_EQ(first.send(first.syn()).action, Action::kForward);
    EXPECT_TRUE(box.defender.originations().empty());
    Exchange second{box, {.client_port = 2}};
    EXPECT_EQ(second.send(second.syn()).action, Action::kAnswerSyn);
    EXPECT_EQ(box.defender.originations().size(), 1U);
}

}  // namespace
}  // namespace synward::defense
