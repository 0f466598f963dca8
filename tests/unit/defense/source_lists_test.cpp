// SPDX-License-Identifier: BSD-3-Clause
//
// Sources that the policy has treated apart: allowed, or denied.
#include "defense/source_lists.h"

#include <gtest/gtest.h>

#include "exchange.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using test::address;
using wire::kAck, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn;

std::vector<wire::Prefix> prefixes(const std::vector<std::string>& texts) {
    std::vector<wire::Prefix> result;
    for (const std::string& text : texts) {
        result.push_back(wire::Prefix::parse(text).value());
    }
    return result;
}

SourceListsPolicy lists(const std::vector<std::string>& allow,
                        const std::vector<std::string>& deny) {
    return {prefixes(allow), prefixes(deny)};
}

char rule(const SourceLists& sources, const std::string& source, ServiceIndex service = 0) {
    if (sources.allows(address(source), service)) {
        return 'a';
    }
    return sources.denies(address(source), service) ? 'd' : '-';
}

TEST(SourceLists, LetTheLongestPrefixDecideWhicheverListItIsOn) {
    Policy policy = one_service(Challenge::kAlways);
    policy.sources.lists = lists({"10.1.0.0/16", "10.1.2.3", "2001:db8::/32"},
                                 {"10.0.0.0/8", "10.1.2.0/24", "2001:db8:1::/48"});
    const SourceLists sources{policy};
    EXPECT_EQ(rule(sources, "10.9.0.1"), 'd');
    EXPECT_EQ(rule(sources, "10.1.9.1"), 'a');
    EXPECT_EQ(rule(sources, "10.1.2.4"), 'd');
    EXPECT_EQ(rule(sources, "10.1.2.3"), 'a');
    EXPECT_EQ(rule(sources, "11.1.2.3"), '-');
    EXPECT_EQ(rule(sources, "2001:db8:2::1"), 'a');
    EXPECT_EQ(rule(sources, "2001:db8:1::1"), 'd');
    EXPECT_EQ(rule(sources, "2001:db9::1"), '-');
}

TEST(SourceLists, LetAServicesOwnDecideFirst) {
    Policy policy = one_service(Challenge::kAlways);
    policy.services.push_back(policy.services.front());
    policy.services[1].sources = lists({"192.0.2.0/24"}, {"203.0.113.0/24"});
    policy.sources.lists = lists({"203.0.113.7"}, {"192.0.2.7", "198.51.100.0/24"});
    const SourceLists sources{policy};
    EXPECT_EQ(rule(sources, "203.0.113.7", 0), 'a');
    EXPECT_EQ(rule(sources, "203.0.113.7", 1), 'd');
    EXPECT_EQ(rule(sources, "192.0.2.7", 0), 'd');
    EXPECT_EQ(rule(sources, "192.0.2.7", 1), 'a');
    EXPECT_EQ(rule(sources, "198.51.100.7", 1), 'd') << "its own lists say nothing of this source";
}

// The client of an Exchange is 203.0.113.1 or 2001:db8:ffff::1.

Policy allowing(Challenge challenge) {
    Policy policy = one_service(challenge, 1);
    policy.sources.lists = lists({"203.0.113.0/24", "2001:db8:ffff::/48"}, {});
    return policy;
}

TEST(AllowedSource, IsNeverChallengedAndTakesNoCredit) {
    for (const Challenge challenge :
         {Challenge::kAlways, Challenge::kOverBudget, Challenge::kMonitor}) {
        Box box{allowing(challenge)};
        for (unsigned number = 0; number < 10; ++number) {
            Exchange exchange{box, {.client_port = 1024U + number, .ipv6 = number % 2 != 0}};
            EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynAllowed);
            EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
            EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason,
                      Reason::kHandshakeCompleted);
            EXPECT_EQ(exchange.send(exchange.client(kAck | kPsh, 1, 1, 10)).action,
                      Action::kForward);
        }
        EXPECT_EQ(box.service().credits_left(), 1U);
        box.expect_consistent(1);
    }
}

TEST(AllowedSource, ChangesNothingWhereNobodyIsChallenged) {
    Box box{allowing(Challenge::kNever)};
    Exchange exchange{box};
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynUnchallenged);
}

// Whoever spoofs an allowed source must not end its connections.
TEST(AllowedSource, DoesNotLoseItsConnectionToASpoofedSyn) {
    Box box{allowing(Challenge::kAlways)};
    Exchange exchange{box};
    ASSERT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynAllowed);
    exchange.send(exchange.syn_ack());
    exchange.send(exchange.client(kAck, 1, 1));
    Sent spoofed = exchange.syn();
    spoofed.sequence += 0x2000'0000;
    EXPECT_EQ(exchange.send(spoofed).reason, Reason::kSynOnLiveFlow);
    EXPECT_EQ(exchange.send(exchange.client(kAck | kPsh, 1, 1, 10)).reason, Reason::kInConnection);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST(AllowedSource, HasItsStraySegmentsDroppedAsEverybody) {
    Box box{allowing(Challenge::kAlways)};
    Exchange exchange{box};
    EXPECT_EQ(exchange.send(exchange.client(kRst, 1)).reason, Reason::kResetWithoutFlow);
    EXPECT_EQ(exchange.send(exchange.client(kSyn | kAck, 1, 1)).reason, Reason::kSynAckWithoutFlow);
}

Policy denying(Challenge challenge) {
    Policy policy = one_service(challenge);
    policy.sources.lists = lists({}, {"203.0.113.1", "2001:db8:ffff::/64"});
    return policy;
}

TEST(DeniedSource, ReachesNoDefendedService) {
    for (const Challenge challenge :
         {Challenge::kAlways, Challenge::kOverBudget, Challenge::kNever}) {
        Box box{denying(challenge)};
        for (const bool ipv6 : {false, true}) {
            Exchange exchange{box, {.ipv6 = ipv6}};
            EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSourceDenied);
            for (const unsigned flags : std::initializer_list<unsigned>{
                     kAck, kAck | kFin, kAck | kPsh, kRst, kSyn | kAck}) {
                EXPECT_EQ(exchange.send(exchange.client(flags, 1, 1, 5)).reason,
                          Reason::kSourceDenied)
                    << flags;
            }
        }
        EXPECT_EQ(box.table.size(), 0U);
        const auto neighbour =
            test::FrameBuilder{}.ipv4("203.0.113.2", "198.51.100.2").tcp(9, kServicePort);
        EXPECT_NE(box.send_frame(test::FrameBuilder{neighbour}.flags(kSyn).bytes(), Side::kOutside)
                      .action,
                  Action::kDrop);
    }
}

TEST(DeniedSource, HasItsFragmentsDroppedWhateverTheRuleForFragments) {
    const auto fragment =
        test::FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.2").fragment_field(0x2000).bytes();
    for (const Challenge challenge :
         {Challenge::kAlways, Challenge::kOverBudget, Challenge::kNever}) {
        Policy policy = denying(challenge);
        policy.fragments = FragmentRule::kForward;
        EXPECT_EQ(Box{policy}.send_frame(fragment, Side::kOutside).reason, Reason::kSourceDenied);
    }
    EXPECT_EQ(Box{denying(Challenge::kMonitor)}.send_frame(fragment, Side::kOutside).reason,
              Reason::kMonitored);
}

TEST(DeniedSource, IsOnlyCountedWhereTheServiceIsMonitored) {
    Box box{denying(Challenge::kMonitor)};
    Exchange exchange{box};
    const Verdict verdict = exchange.send(exchange.syn());
    EXPECT_EQ(verdict.action, Action::kForward);
    EXPECT_EQ(verdict.reason, Reason::kMonitored);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kForward);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kForward);
}

TEST(DeniedSource, IsReachedByAServerButCannotAnswer) {
    Box box{denying(Challenge::kAlways)};
    Exchange exchange{box};
    EXPECT_EQ(exchange.send(exchange.server(kSyn, 0)).reason, Reason::kSynFromInside);
    EXPECT_EQ(exchange.send(exchange.client(kSyn | kAck, 0, 1)).reason, Reason::kSourceDenied);
}

TEST(DeniedSource, PassesToWhatIsNoService) {
    Box box{denying(Challenge::kAlways)};
    const auto elsewhere =
        test::FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.99").tcp(9, 80).flags(kSyn).bytes();
    EXPECT_EQ(box.send_frame(elsewhere, Side::kOutside).reason, Reason::kNotProtected);
}

}  // namespace
}  // namespace synward::defense
