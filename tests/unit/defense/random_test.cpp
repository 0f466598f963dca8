// SPDX-License-Identifier: BSD-3-Clause
//
// Segments at random, biased towards numbers that mean something, over a few tuples in a small
// table: whatever comes, credits, pool and table agree.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "exchange.h"
#include "wire/checksum.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

constexpr std::uint32_t kBudget = 5;
constexpr std::uint32_t kFlowPlaces = 12;
constexpr unsigned kClientPorts = 20;

/// What the policy says of sources. Half of the clients come by IPv6 then.
enum class Sources { kUnlimited, kLimited, kLimitedIpv6Allowed, kLimitedIpv6Denied };
constexpr std::uint32_t kAnswers = 1;  // a second

struct Mode {
    Challenge challenge;
    Method method = Method::kCookie;
    Sources sources = Sources::kUnlimited;
};

const wire::Address kClient4 = *wire::Address::parse("203.0.113.1");
const wire::Address kClient6 = *wire::Address::parse("2001:db8:ffff::1");

class Monkey {
  public:
    Monkey(unsigned seed, Mode mode)
        : random_{seed},
          sources_{mode.sources},
          by_reset_{mode.method == Method::kReset},
          box_{Box::Settings{.policy = policy(mode), .capacity = kFlowPlaces}} {}

    void step() {
        const unsigned port = below(kClientPorts);
        Numbers& numbers = numbers_[port];
        Sent sent;
        sent.client_port = 1 + port;
        sent.ipv6 = sources_ != Sources::kUnlimited && port % 2 == 1;
        sent.from = coin() ? Side::kOutside : Side::kInside;
        sent.flags = flags();
        const bool out = sent.from == Side::kOutside;
        sent.sequence = (out ? numbers.client : numbers.server) + offset();
        sent.acknowledgment =
            (out ? (coin() ? numbers.shown : numbers.server) : numbers.client) + offset();
        sent.length = below(3) == 0 ? below(40) : 0;
        sent.window = below(3) == 0 ? below(0x10000) : 500;
        sent.damaged = below(50) == 0;
        sent.options = options(sent, numbers);
        if ((sent.flags & kSyn) != 0 && below(4) != 0) {
            sent.sequence = out ? numbers.client : numbers.server;
        }
        if (by_reset_ && (sent.flags & kRst) != 0 && below(4) == 0) {
            sent.sequence = numbers.shown;
        }
        const Verdict verdict = box_.send(sent);
        check_source(sent, verdict);
        if (verdict.action == Action::kAnswerSyn) {
            numbers.shown = (by_reset_ ? verdict.acknowledgment : verdict.sequence).value();
            numbers.echo = verdict.options.timestamps ? verdict.options.timestamps->value : 0;
            ++challenged;
        }
        admitted += verdict.reason == Reason::kSourceAdmitted ? 1U : 0U;
        joined += verdict.action == Action::kJoin ? 1U : 0U;
        completed += verdict.reason == Reason::kHandshakeCompleted ? 1U : 0U;
        ASSERT_TRUE(is_sensible(verdict));
        if (below(200) == 0) {
            numbers = {number(), number(), number(), 0};
        }
        if (below(20) == 0) {
            box_.wait(milliseconds{below(400)}, milliseconds{200});
        }
        if (below(50'000) == 0) {
            box_.advance(seconds{below(8000)});
            box_.expire();
        }
        box_.expect_consistent(kBudget);
        expect_sources_consistent();
    }
    unsigned challenged = 0, joined = 0, admitted = 0, completed = 0;
    unsigned over_rate = 0, over_concurrent = 0, unanswered = 0, denied = 0, allowed = 0;

  private:
    struct Numbers {
        std::uint32_t client, server, shown, echo;
    };
    static Policy policy(Mode mode) {
        Policy result = one_service(mode.challenge, kBudget);
        result.services[0].method = mode.method;
        result.admission.lifetime = seconds{10};
        result.hold = {.connections = 4, .segments = 6, .segments_per_connection = 3};
        if (mode.sources != Sources::kUnlimited) {
            result.sources.answers = kAnswers;
            result.sources.new_connections = {.rate = 1, .burst = 1};
            result.sources.concurrent = 4;
        }
        const wire::Prefix prefix6 = *wire::Prefix::parse("2001:db8:ffff::/48");
        if (mode.sources == Sources::kLimitedIpv6Allowed) {
            result.sources.lists.allow = {prefix6};
        }
        if (mode.sources == Sources::kLimitedIpv6Denied) {
            result.services[0].sources.deny = {prefix6};
        }
        return result;
    }
    void check_source(const Sent& sent, const Verdict& verdict) {
        over_rate += verdict.reason == Reason::kSourceOverRate ? 1U : 0U;
        over_concurrent += verdict.reason == Reason::kSourceOverConcurrent ? 1U : 0U;
        unanswered += verdict.reason == Reason::kAnswerLimit ? 1U : 0U;
        denied += verdict.reason == Reason::kSourceDenied ? 1U : 0U;
        allowed += verdict.reason == Reason::kSynAllowed ? 1U : 0U;
        if (sources_ == Sources::kUnlimited) {
            return;
        }
        if (verdict.action == Action::kAnswerSyn || verdict.action == Action::kAnswerRefused) {
            const auto seconds_passed = std::chrono::duration<double>(box_.now - began_).count();
            ASSERT_LE(++answers_[sent.ipv6 ? 1 : 0], std::ceil(kAnswers * (seconds_passed + 1)));
        }
        if (!sent.ipv6 || sent.from == Side::kInside) {
            return;
        }
        ASSERT_TRUE(sources_ != Sources::kLimitedIpv6Denied ||
                    wire::disposition(verdict.reason) == wire::Disposition::kDropped);
        if (sources_ == Sources::kLimitedIpv6Allowed) {
            ASSERT_NE(verdict.action, Action::kAnswerSyn);
            ASSERT_NE(verdict.reason, Reason::kSourceOverRate);
            ASSERT_NE(verdict.reason, Reason::kSourceOverConcurrent);
        }
    }
    /// Each connection that counts at its source counts there once, and no other.
    void expect_sources_consistent() {
        std::uint32_t counted4 = 0;
        std::uint32_t counted6 = 0;
        box_.table.for_each([&](const flow::Flow& each) {
            (each.tuple.outside_address.is_ipv4() ? counted4 : counted6) +=
                each.counted_at_source ? 1U : 0U;
        });
        if (sources_ == Sources::kUnlimited) {
            ASSERT_EQ(counted4 + counted6, 0U);
            return;
        }
        const SourceBudgets& budgets = box_.defender.source_budgets();
        ASSERT_EQ(budgets.connections(kClient4), counted4);
        ASSERT_EQ(budgets.connections(kClient6), counted6);
        ASSERT_TRUE(sources_ == Sources::kLimited || counted6 == 0);
    }
    /// The reason is of the action's kind.
    static bool is_sensible(const Verdict& verdict) {
        using enum wire::Disposition;
        const auto disposition = wire::disposition(verdict.reason);
        switch (verdict.action) {
            case Action::kDrop:
                return disposition == kDropped;
            case Action::kForward:
            case Action::kSplice:
            case Action::kSpliceIcmpError:
            case Action::kForwardWithoutData:
            case Action::kRefuseClient:
            case Action::kAbortServer:
                return disposition == kForwarded;
            case Action::kAnswerSyn:
            case Action::kAnswerRefused:
            case Action::kJoin:
            case Action::kAnswerReset:
            case Action::kResetSender:
                return disposition == kAnswered;
            case Action::kHold:
                return disposition == kHeld;
            case Action::kConnectServer:
                return disposition == kForwarded || disposition == kHeld;
        }
        return false;
    }
    std::uint32_t number() { return static_cast<std::uint32_t>(random_()); }
    unsigned below(unsigned count) { return number() % count; }
    bool coin() { return below(2) != 0; }
    unsigned flags() {
        constexpr unsigned kUsual[]{kSyn, kSyn | kAck, kAck, kAck,       kAck,
                                    kAck, kFin | kAck, kRst, kRst | kAck};
        return below(30) == 0 ? below(256) : kUsual[below(std::size(kUsual))];
    }
    std::uint32_t offset() {
        constexpr std::uint32_t kUsual[]{0, 1, 1, 1, 1, 2, 11, 0xffff'ffff};
        return below(40) == 0 ? number() : kUsual[below(std::size(kUsual))];
    }
    test::Bytes options(const Sent& sent, const Numbers& numbers) {
        if (below(60) == 0) {
            return {8, 0, 1, 1};
        }
        if ((sent.flags & kSyn) != 0) {
            return below(8) == 0 ? test::Bytes{} : syn_options(coin()).bytes();
        }
        return coin() ? test::Bytes{}
                      : test::OptionsText{.timestamps = {{7, numbers.echo}}}.bytes();
    }

    std::mt19937 random_;
    Sources sources_;
    bool by_reset_;
    Box box_;
    tcp::Time began_ = box_.now;
    std::array<unsigned, 2> answers_{};  ///< by IPv4 and IPv6
    std::array<Numbers, kClientPorts> numbers_{};
};

class Random : public testing::TestWithParam<Mode> {};
class RandomSources : public testing::TestWithParam<Mode> {};

INSTANTIATE_TEST_SUITE_P(, Random,
                         testing::Values(Mode{Challenge::kAlways}, Mode{Challenge::kOverBudget},
                                         Mode{Challenge::kNever}, Mode{Challenge::kMonitor},
                                         Mode{Challenge::kAlways, Method::kReset},
                                         Mode{Challenge::kOverBudget, Method::kReset}));

INSTANTIATE_TEST_SUITE_P(
    BySource, RandomSources,
    testing::Values(Mode{Challenge::kAlways, Method::kCookie, Sources::kLimited},
                    Mode{Challenge::kOverBudget, Method::kCookie, Sources::kLimited},
                    Mode{Challenge::kAlways, Method::kReset, Sources::kLimited},
                    Mode{Challenge::kAlways, Method::kCookie, Sources::kLimitedIpv6Allowed},
                    Mode{Challenge::kOverBudget, Method::kCookie, Sources::kLimitedIpv6Denied}));

TEST_P(RandomSources, SegmentsNeverUnbalanceWhatIsCountedAtSources) {
    const Mode mode = GetParam();
    unsigned over_rate = 0;
    unsigned over_concurrent = 0;
    unsigned unanswered = 0;
    unsigned denied = 0;
    unsigned allowed = 0;
    for (unsigned seed = 0; seed < 3; ++seed) {
        Monkey monkey{seed, mode};
        for (int i = 0; i < 100'000; ++i) {
            monkey.step();
            if (HasFatalFailure()) {
                FAIL() << "seed " << seed << ", step " << i;
            }
        }
        over_rate += monkey.over_rate;
        over_concurrent += monkey.over_concurrent;
        unanswered += monkey.unanswered;
        denied += monkey.denied;
        allowed += monkey.allowed;
    }
    EXPECT_GT(over_rate, 20U);
    EXPECT_GT(over_concurrent, 10U);
    EXPECT_GT(unanswered, 20U);
    EXPECT_EQ(denied > 1000, mode.sources == Sources::kLimitedIpv6Denied) << denied;
    EXPECT_EQ(allowed > 1000, mode.sources == Sources::kLimitedIpv6Allowed) << allowed;
}

TEST_P(Random, SegmentsNeverUnbalanceWhatIsCounted) {
    unsigned challenged = 0;
    unsigned joined = 0;
    unsigned admitted = 0;
    unsigned completed = 0;
    for (unsigned seed = 0; seed < 5; ++seed) {
        Monkey monkey{seed, GetParam()};
        for (int i = 0; i < 200'000; ++i) {
            monkey.step();
            if (HasFatalFailure()) {
                FAIL() << "seed " << seed << ", step " << i;
            }
        }
        challenged += monkey.challenged;
        joined += monkey.joined;
        admitted += monkey.admitted;
        completed += monkey.completed;
    }
    const Challenge challenge = GetParam().challenge;
    const Method method = GetParam().method;
    const bool challenges = challenge == Challenge::kAlways || challenge == Challenge::kOverBudget;
    EXPECT_EQ(challenged > 1000, challenges) << challenged;
    EXPECT_EQ(joined > 1000, challenges && method == Method::kCookie) << joined;
    EXPECT_EQ(admitted > 1000, challenges && method == Method::kReset) << admitted;
    EXPECT_GT(completed, 1000U) << "else the numbers are too wild to reach anything";
}

}  // namespace
}  // namespace synward::defense
