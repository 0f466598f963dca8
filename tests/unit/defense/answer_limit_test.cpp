// SPDX-License-Identifier: BSD-3-Clause
//
// How many answers one source prefix can be sent: the box must not serve to flood a third party.
#include "defense/answer_limit.h"

#include <gtest/gtest.h>

#include <random>

#include "exchange.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using test::address;
using wire::kAck, wire::kRst, wire::kSyn;

const SourcePrefix kPrefix24And56{24, 56};
constexpr std::uint64_t kKey = 0x243f'6a88'85a3'08d3;
const wire::Address kVictim = address("192.0.2.7");

/// Answers to `source` within `duration`, of one try after each `step`.
unsigned answers(AnswerLimit& limit, const wire::Address& source, tcp::Time& now,
                 tcp::Duration duration, tcp::Duration step) {
    unsigned answered = 0;
    for (const tcp::Time end = now + duration; now < end; now += step) {
        answered += limit.allows(source, now) ? 1U : 0U;
    }
    return answered;
}

/// Answers to `source` at one time until there are no more.
unsigned at_once(AnswerLimit& limit, const wire::Address& source, tcp::Time now) {
    unsigned answered = 0;
    while (limit.allows(source, now)) {
        ++answered;
    }
    return answered;
}

TEST(SourcePrefix, TakesAddressesOfOnePrefixForOneAndNoOthers) {
    const auto number = [](const char* text) { return kPrefix24And56.number_of(address(text)); };
    EXPECT_EQ(number("192.0.2.0"), number("192.0.2.255"));
    EXPECT_NE(number("192.0.2.0"), number("192.0.3.0"));
    EXPECT_NE(number("192.0.2.0"), number("193.0.2.0"));
    EXPECT_EQ(number("2001:db8:1:200::"), number("2001:db8:1:2ff:ffff::1"));
    EXPECT_NE(number("2001:db8:1:200::"), number("2001:db8:1:300::"));
    EXPECT_NE(number("::"), number("0.0.0.0"));
    EXPECT_NE(number("192.0.2.0"), SourcePrefix::kNobody);
    const SourcePrefix longest{32, 64};
    EXPECT_NE(longest.number_of(address("192.0.2.1")), longest.number_of(address("192.0.2.0")));
    EXPECT_NE(longest.number_of(address("2001:db8::1:0:0:0:0")),
              longest.number_of(address("2001:db8::")));
    const SourcePrefix shortest{8, 32};
    EXPECT_EQ(shortest.number_of(address("10.9.9.9")), shortest.number_of(address("10.0.0.0")));
    EXPECT_NE(shortest.number_of(address("11.0.0.0")), shortest.number_of(address("10.0.0.0")));
}

TEST(AnswerLimit, GivesAPrefixItsRateAndOneSecondsWorthAtOnce) {
    // At 1,099.5 s the ticks begin anew from zero.
    for (const std::int64_t start : {2, 1'096, 1'700'000'000}) {
        for (const std::uint32_t rate : {1U, 3U, 10U, 999U, 10'000U, 50'000U}) {
            AnswerLimit limit{rate, kPrefix24And56, kKey};
            tcp::Time now{seconds{start}};
            const unsigned first = at_once(limit, kVictim, now);
            // The interval is rounded up to a tick of 256 ns: 1.3 % at 50,000.
            EXPECT_LE(first, rate);
            EXPECT_GE(first, rate - rate / 50);
            const unsigned later = answers(limit, kVictim, now, seconds{4}, microseconds{10});
            EXPECT_LE(later, 4 * rate);
            EXPECT_GE(later + 1, 4 * (rate - rate / 50));
        }
    }
}

TEST(AnswerLimit, LeavesAFullRateToWhoeverWasSilentHoweverLong) {
    AnswerLimit limit{100, kPrefix24And56, kKey};
    tcp::Time now{seconds{1'700'000'000}};
    for (const tcp::Duration pause :
         {tcp::Duration{milliseconds{1001}}, tcp::Duration{seconds{100}}, tcp::Duration{minutes{9}},
          tcp::Duration{minutes{10}}, tcp::Duration{minutes{17}},
          tcp::Duration{minutes{100'000}}}) {
        EXPECT_EQ(at_once(limit, kVictim, now), 100U);
        now += pause;
    }
}

TEST(AnswerLimit, LeavesItsRateToWhoeverWasSilentForATurnOfTheTicks) {
    // The buckets are as at zero, which lies half a second ahead on the circle.
    AnswerLimit limit{100, kPrefix24And56, kKey};
    tcp::Time now{seconds{1'099}};
    EXPECT_EQ(at_once(limit, kVictim, now), 49U);
    EXPECT_EQ(answers(limit, kVictim, now, seconds{1}, microseconds{100}), 100U);
}

TEST(AnswerLimit, CountsAPrefixAsOneAndLeavesOthersUnharmed) {
    AnswerLimit limit{1000, kPrefix24And56, kKey};
    tcp::Time now{seconds{1'700'000'000}};
    unsigned answered = 0;
    for (unsigned i = 0; i < 5000; ++i) {
        wire::Address source = kVictim;
        source.bytes[15] = static_cast<std::uint8_t>(i);
        answered += limit.allows(source, now) ? 1U : 0U;
    }
    EXPECT_LE(answered, 1000U);
    for (const char* neighbour : {"192.0.3.7", "192.1.2.7", "2001:db8::1", "2001:db8:0:100::1"}) {
        EXPECT_EQ(answers(limit, address(neighbour), now, milliseconds{1}, microseconds{2}), 500U)
            << neighbour;
    }
}

// The worst that one worker is made for: 25 million SYNs a second, from anywhere.
TEST(AnswerLimit, AnswersHonestSourcesBesideAFloodFromEverywhere) {
    constexpr unsigned kFlood = 25'000'000;
    // 1,000 and 156 are what 10,000 is among 10 and among 64 workers.
    for (const std::uint32_t rate : {10'000U, 1'000U, 156U}) {
        AnswerLimit limit{rate, kPrefix24And56, kKey};
        std::mt19937_64 random{rate};
        tcp::Time now{seconds{1'700'000'000}};
        unsigned honest_asked = 0;
        unsigned honest_answered = 0;
        for (unsigned i = 0; i < 2 * kFlood; ++i) {
            now += std::chrono::nanoseconds{40};
            const std::uint64_t spoofed = random();
            limit.allows(wire::Address::from_ipv4(reinterpret_cast<const std::uint8_t*>(&spoofed)),
                         now);
            // Thirty honest prefixes, each with as many SYNs as a quarter of the limit.
            if (i % (kFlood / 30 / (rate / 4)) == 0) {
                wire::Address honest = address("203.0.113.9");
                honest.bytes[13] = static_cast<std::uint8_t>(honest_asked++ % 30);
                honest_answered += limit.allows(honest, now) ? 1U : 0U;
            }
        }
        EXPECT_GT(honest_asked, 2 * 30 * (rate / 4 - 1));
        EXPECT_EQ(honest_answered, honest_asked) << rate;
    }
}

TEST(AnswerLimit, HasAsManyBucketsAsThatNeedsAndNoMore) {
    const auto buckets = [](std::uint32_t rate) {
        return AnswerLimit{rate, kPrefix24And56, kKey}.buckets();
    };
    EXPECT_EQ(buckets(1'048'576), 65'536U);
    EXPECT_EQ(buckets(10'000), 65'536U);
    EXPECT_EQ(buckets(156), 524'288U);
    EXPECT_EQ(buckets(1), 4'194'304U);
}

TEST(AnswerLimit, LetsOnlyTheKeyTellWhichPrefixesMeet) {
    const auto meets_victim = [](std::uint64_t key) {
        AnswerLimit limit{1000, kPrefix24And56, key};
        const tcp::Time now{seconds{1'700'000'000}};
        at_once(limit, kVictim, now);
        std::vector<unsigned> refused;
        for (unsigned i = 0; i < (1U << 20U); ++i) {
            const std::uint8_t bytes[]{static_cast<std::uint8_t>(i >> 16U),
                                       static_cast<std::uint8_t>(i >> 8U),
                                       static_cast<std::uint8_t>(i), 1};
            if (!limit.allows(wire::Address::from_ipv4(bytes), now)) {
                refused.push_back(i);
            }
        }
        return refused;
    };
    const auto one = meets_victim(kKey);
    EXPECT_LE(one.size(), 2U * (1U << 20U) / 65'536U);
    EXPECT_NE(one, meets_victim(kKey * 3));
}

/// A box that answers 100 SYNs a second of one prefix.
class Reflection : public testing::Test {
  protected:
    static Policy policy() {
        Policy result = one_service(Challenge::kAlways);
        result.sources.answers = 100;
        return result;
    }
    Verdict syn_from(const std::string& source, unsigned port) {
        return box.send_frame(test::FrameBuilder{}
                                  .ipv4(source, "198.51.100.2")
                                  .tcp(port, kServicePort)
                                  .flags(kSyn)
                                  .bytes(),
                              Side::kOutside);
    }
    Box box{policy()};
};

TEST_F(Reflection, IsWithinTheRateForEachVictimPrefix) {
    unsigned answered = 0;
    unsigned dropped = 0;
    constexpr unsigned kSeconds = 5;
    for (unsigned i = 0; i < kSeconds * 2000; ++i) {
        const Verdict verdict = syn_from("192.0.2." + std::to_string(i % 256), 1024 + i % 50'000);
        answered += verdict.action == Action::kAnswerSyn ? 1U : 0U;
        dropped += verdict.reason == Reason::kAnswerLimit ? 1U : 0U;
        box.advance(microseconds{500});
    }
    EXPECT_EQ(answered + dropped, kSeconds * 2000);
    EXPECT_LE(answered, 100 * (kSeconds + 1));
    EXPECT_GE(answered, 100 * kSeconds);
    EXPECT_EQ(syn_from("192.0.3.1", 1024).action, Action::kAnswerSyn);
}

TEST_F(Reflection, CountsTheResetsOfRefusedPortsAsWell) {
    Exchange refused{box};
    ASSERT_EQ(refused.redeem().action, Action::kConnectServer);
    ASSERT_EQ(refused.send(refused.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    unsigned answered = 0;
    for (unsigned i = 0; i < 1000; ++i) {
        const Verdict verdict = syn_from("192.0.2.1", 1024 + i);
        EXPECT_EQ(verdict.reason, i < 100 ? Reason::kSynRefused : Reason::kAnswerLimit) << i;
        answered += verdict.action == Action::kAnswerRefused ? 1U : 0U;
    }
    EXPECT_EQ(answered, 100U);
}

TEST_F(Reflection, IsNoneWhereNothingIsAnswered) {
    Policy passing = policy();
    passing.services.front().challenge = Challenge::kNever;
    Box other{passing};
    for (unsigned number = 0; number < 500; ++number) {
        Exchange exchange{other, {.client_port = 1024 + number}};
        ASSERT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynUnchallenged);
    }
}

}  // namespace
}  // namespace synward::defense
