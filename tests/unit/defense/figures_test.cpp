// SPDX-License-Identifier: BSD-3-Clause
//
// What the decisions come to: closes by kind, the time that handshakes take, services, the census
// of endpoint states.
#include "defense/figures.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "exchange.h"
#include "support/case_name.h"

namespace synward::defense {
namespace {

using flow::CloseKind;
using std::chrono::microseconds;
using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

/// Of the handshakes recorded, the bounds of the bucket of the only one, in nanoseconds.
void expect_one(const LatencyHistogram& histogram, tcp::Duration duration) {
    std::uint64_t all = 0;
    for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
        all += histogram.count(bucket);
    }
    EXPECT_EQ(all, 1U);
    const auto step = std::int64_t{1} << 14;
    EXPECT_NEAR(static_cast<double>(histogram.sum()), static_cast<double>(duration.count()),
                static_cast<double>(step));
}
bool is_empty(const LatencyHistogram& histogram) {
    for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
        if (histogram.count(bucket) != 0) {
            return false;
        }
    }
    return histogram.sum() == 0;
}

struct Line {
    bool of_client;
    unsigned flags;
    std::uint32_t sequence, acknowledgment;
};
struct Close {
    const char* name;
    std::vector<Line> lines;
    std::optional<CloseKind> kind;
};
void PrintTo(const Close& close, std::ostream* out) {
    *out << close.name;
}

class FiguresOfClose : public testing::TestWithParam<Close> {
  protected:
    static void play(Manner manner) {
        Box box{manner == Manner::kUntouched ? Challenge::kOverBudget : Challenge::kAlways};
        Exchange exchange{box, {.manner = manner}};
        exchange.establish();
        for (const Line& line : GetParam().lines) {
            const Sent sent = line.of_client
                                  ? exchange.client(line.flags, line.sequence, line.acknowledgment)
                                  : exchange.server(line.flags, line.sequence, line.acknowledgment);
            ASSERT_NE(exchange.send(sent).action, Action::kDrop);
        }
        const Figures& figures = box.defender.figures();
        for (std::size_t kind = 0; kind < flow::kCloseKindCount; ++kind) {
            EXPECT_EQ(figures.closes[kind].value(),
                      GetParam().kind == static_cast<CloseKind>(kind) ? 1U : 0U)
                << name(static_cast<CloseKind>(kind));
        }
        // However it ended, what is left goes without a second close.
        box.advance(std::chrono::hours{3});
        box.expire();
        std::uint64_t closes = 0;
        for (const auto& count : figures.closes) {
            closes += count.value();
        }
        EXPECT_EQ(closes, 1U);
        EXPECT_EQ(box.table.size(), 0U);
    }
};

TEST_P(FiguresOfClose, Untouched) {
    play(Manner::kUntouched);
}
TEST_P(FiguresOfClose, Spliced) {
    play(Manner::kChallenged);
}

INSTANTIATE_TEST_SUITE_P(
    , FiguresOfClose,
    testing::Values(
        Close{"FourSegmentsRfc9293Figure12",
              {{true, kFinAck, 1, 1},
               {false, kAck, 1, 2},
               {false, kFinAck, 1, 2},
               {true, kAck, 2, 2}},
              CloseKind::kFourSegments},
        Close{"FourSegmentsServerFirst",
              {{false, kFinAck, 1, 1},
               {true, kAck, 1, 2},
               {true, kFinAck, 1, 2},
               {false, kAck, 2, 2}},
              CloseKind::kFourSegments},
        Close{"ThreeSegments",
              {{true, kFinAck, 1, 1}, {false, kFinAck, 1, 2}, {true, kAck, 2, 2}},
              CloseKind::kThreeSegments},
        Close{"SimultaneousRfc9293Figure13",
              {{true, kFinAck, 1, 1},
               {false, kFinAck, 1, 1},
               {true, kAck, 2, 2},
               {false, kAck, 2, 2}},
              CloseKind::kSimultaneous},
        Close{"FinsRetransmittedCountOnce",
              {{true, kFinAck, 1, 1},
               {true, kFinAck, 1, 1},
               {false, kAck, 1, 2},
               {false, kFinAck, 1, 2},
               {false, kFinAck, 1, 2},
               {true, kAck, 2, 2}},
              CloseKind::kFourSegments},
        Close{"Reset", {{true, kRst, 1, 0}}, CloseKind::kReset},
        Close{"ResetTwice", {{true, kRst, 1, 0}, {true, kRst, 1, 0}}, CloseKind::kReset},
        Close{"ResetHalfClosed",
              {{true, kFinAck, 1, 1}, {false, kAck, 1, 2}, {false, kRst, 1, 2}},
              CloseKind::kReset},
        Close{"ResetBehindBothFins",
              {{true, kFinAck, 1, 1}, {false, kFinAck, 1, 2}, {true, kRst, 2, 2}},
              CloseKind::kThreeSegments},
        Close{"TimeoutOpen", {}, std::nullopt},
        Close{"TimeoutHalfClosed", {{true, kFinAck, 1, 1}, {false, kAck, 1, 2}}, std::nullopt}),
    test::CaseName{});

TEST(Figures, ASilentConnectionClosesByTimeout) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.establish();
    box.advance(std::chrono::hours{3});
    box.expire();
    EXPECT_EQ(box.defender.figures().closes[static_cast<std::size_t>(CloseKind::kTimeout)].value(),
              1U);
}

TEST(Figures, AConnectionIsReplacedByTheNextOfItsPorts) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    Exchange next{box, {.manner = Manner::kChallenged, .client_isn = 0x2000'0000}};
    next.establish();
    EXPECT_EQ(box.defender.figures().closes[static_cast<std::size_t>(CloseKind::kReplaced)].value(),
              1U);
}

TEST(Figures, MeasureBothHalvesOfAnUntouchedHandshake) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    box.advance(microseconds{350});
    exchange.send(exchange.syn_ack());
    box.advance(milliseconds{83});
    exchange.send(exchange.client(kAck, 1, 1));
    expect_one(box.defender.figures().server_handshake, microseconds{350});
    expect_one(box.defender.figures().client_handshake, milliseconds{83});
    EXPECT_EQ(exchange.flow()->cookie_mark, 0U);
    EXPECT_EQ(exchange.flow()->promised_scale, 0U);
}

TEST(Figures, MeasureBothHalvesOfAChallengedHandshake) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.challenge();
    box.advance(milliseconds{42});
    exchange.send(exchange.client(kAck, 1, 1));
    box.advance(microseconds{777});
    exchange.send(exchange.syn_ack());
    expect_one(box.defender.figures().client_handshake, milliseconds{42});
    expect_one(box.defender.figures().server_handshake, microseconds{777});
}

TEST(Figures, ASynSentAgainCountsFromTheFirstAndASynAckSentAgainNotAtAll) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    box.advance(seconds{1});
    exchange.send(exchange.syn());
    box.advance(milliseconds{2});
    exchange.send(exchange.syn_ack());
    box.advance(seconds{1});
    exchange.send(exchange.syn_ack());
    box.advance(milliseconds{2});
    exchange.send(exchange.client(kAck, 1, 1));
    expect_one(box.defender.figures().server_handshake, milliseconds{1002});
    EXPECT_TRUE(is_empty(box.defender.figures().client_handshake));
}

TEST(Figures, DoNotGuessTimesAcrossAChangeOfTheHalfOpenTimeout) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    Policy longer = box.policy;
    longer.timeouts.half_open *= 2;
    box.adopt(longer);
    box.advance(milliseconds{3});
    exchange.send(exchange.syn_ack());
    exchange.send(exchange.client(kAck, 1, 1));
    EXPECT_TRUE(is_empty(box.defender.figures().server_handshake));
    EXPECT_TRUE(is_empty(box.defender.figures().client_handshake));
    box.advance(longer.timeouts.half_open);
    Exchange later{box, {.client_port = 40'001}};
    later.send(later.syn());
    box.advance(milliseconds{3});
    later.send(later.syn_ack());
    expect_one(box.defender.figures().server_handshake, milliseconds{3});
}

TEST(Figures, CountForEachService) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    Exchange other{box, {.manner = Manner::kChallenged, .client_port = 40'001}};
    other.challenge();
    box.send({.flags = kAck, .sequence = 5, .acknowledgment = 6, .client_port = 40'002});
    const ServiceFigures& figures = box.service_figures();
    EXPECT_EQ(figures.syns.value(), 2U);
    EXPECT_EQ(figures.challenged.value(), 2U);
    EXPECT_EQ(figures.redeemed.value(), 1U);
    EXPECT_EQ(figures.failed.value(), 1U);
    EXPECT_EQ(figures.completed.value(), 1U);
}

TEST(Figures, CountASegmentThatFitsNoConnectionAsNoFailedChallenge) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    EXPECT_EQ(exchange.send(exchange.client(kAck, 0x4000'0000, 1)).action, Action::kDrop);
    EXPECT_EQ(box.service_figures().failed.value(), 0U);
}

TEST(Figures, TellTheStatesOfBothEndpoints) {
    Box box{Challenge::kOverBudget};
    const auto count = [&](Side side, State state) {
        return box.defender.figures()
            .endpoints[static_cast<unsigned>(side)][static_cast<unsigned>(state)]
            .value();
    };
    Exchange open{box};
    open.establish();
    Exchange closing{box, {.client_port = 40'001}};
    closing.establish();
    closing.send(closing.client(kFinAck, 1, 1));
    closing.send(closing.server(kAck, 1, 2));
    Exchange opening{box, {.client_port = 40'002}};
    opening.send(opening.syn());
    // A census takes a round of the table, and is told at the beginning of the next.
    for (unsigned round = 0; round < 3; ++round) {
        box.advance(Census::kPause);
        box.expire();
    }
    EXPECT_EQ(count(Side::kOutside, State::kEstablished), 1U);
    EXPECT_EQ(count(Side::kInside, State::kEstablished), 1U);
    EXPECT_EQ(count(Side::kOutside, State::kFinWait2), 1U);
    EXPECT_EQ(count(Side::kInside, State::kCloseWait), 1U);
    EXPECT_EQ(count(Side::kOutside, State::kSynSent), 1U);
    EXPECT_EQ(count(Side::kInside, State::kListen), 1U);
    EXPECT_EQ(box.defender.figures().half_open.value(), 1U);
    box.advance(std::chrono::hours{3});
    for (unsigned round = 0; round < 3; ++round) {
        box.advance(Census::kPause);
        box.expire();
    }
    for (const auto& side : box.defender.figures().endpoints) {
        for (const auto& state : side) {
            EXPECT_EQ(state.value(), 0U);
        }
    }
}

TEST(Figures, TellWhenTheCookieKeyBegan) {
    Box box{Challenge::kAlways};
    const tcp::Time start = box.now;
    const auto began = [&] {
        return tcp::Time{tcp::Duration{
            static_cast<std::int64_t>(box.defender.figures().cookie_key_began.value())}};
    };
    EXPECT_EQ(began(), start);
    box.advance(box.policy.cookie_key_lifetime + seconds{3});
    box.defender.begin_batch(box.now);
    EXPECT_EQ(began(), start + box.policy.cookie_key_lifetime);
}

}  // namespace
}  // namespace synward::defense
