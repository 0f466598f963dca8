// SPDX-License-Identifier: BSD-3-Clause
//
// How connections end: transcripts, with the states of both ends behind each segment.
#include <gtest/gtest.h>

#include <vector>

#include "flow/tracker.h"
#include "support/case_name.h"
#include "tracker_fixture.h"

namespace synward::flow {
namespace {

struct Line {
    Side from;
    unsigned flags;
    std::uint32_t sequence, acknowledgment;
    std::size_t length;
    State outside, inside;
    Patience patience;
};

constexpr auto kIn = Side::kInside;
constexpr auto kOut = Side::kOutside;
constexpr unsigned kFinAck = kFin | kAck;

struct Close {
    const char* name;
    std::vector<Line> lines;
    bool may_be_reused;  ///< in the end
};
void PrintTo(const Close& close, std::ostream* out) {
    *out << close.name;
}

class TrackerClose : public testing::TestWithParam<Close> {
  protected:
    static void play(const Origin& origin, const Close& close) {
        Flow flow = origin.established();
        for (std::size_t number = 0; number < close.lines.size(); ++number) {
            const Line& line = close.lines[number];
            const auto segment = origin.segment(line.from, line.flags, line.sequence,
                                                line.acknowledgment, line.length);
            SCOPED_TRACE("line " + std::to_string(number + 1));
            ASSERT_EQ(judge(flow, segment), Fit::kInside);
            follow(flow, segment);
            EXPECT_EQ(name(flow.state(kOut)), name(line.outside));
            EXPECT_EQ(name(flow.state(kIn)), name(line.inside));
            EXPECT_EQ(patience(flow), line.patience);
        }
        EXPECT_EQ(may_be_reused(flow), close.may_be_reused);
    }
    /// The same with the sides exchanged.
    static Close mirrored(Close close) {
        for (Line& line : close.lines) {
            line.from = opposite(line.from);
            std::swap(line.outside, line.inside);
        }
        return close;
    }
};

TEST_P(TrackerClose, MovesBothEndsFromEitherSide) {
    play({}, GetParam());
    play({}, mirrored(GetParam()));
    play({.delta = 0x9abc'def0}, GetParam());
    play({.delta = 0x9abc'def0}, mirrored(GetParam()));
}

/// The numbers 0 to 1101 occur: the wrap-around comes before, between and behind all of them.
TEST_P(TrackerClose, MovesBothEndsWhereverTheNumbersWrapAround) {
    for (std::uint32_t behind = 0; behind <= 1105; ++behind) {
        play({.outside = 0U - behind, .inside = 1000, .delta = 7}, GetParam());
        play({.outside = 1000, .inside = 0U - behind}, GetParam());
        play({.outside = 0U - behind, .inside = 1000, .delta = 0U - 1000 - behind}, GetParam());
        play({.outside = 0x8000'0000U - behind, .inside = 0x8000'0000U - behind}, GetParam());
        if (HasFailure()) {
            return;
        }
    }
}

constexpr auto kEst = State::kEstablished;
constexpr auto kOpen = Patience::kEstablished;
constexpr auto kHalf = Patience::kHalfClosed;
constexpr auto kEnding = Patience::kClosing;
constexpr auto kWait = Patience::kTimeWait;

INSTANTIATE_TEST_SUITE_P(
    Rfc9293Section3_6, TrackerClose,
    testing::Values(Close{"FourSegments_Figure12",
                          {{kOut, kAck, 1, 1, 100, kEst, kEst, kOpen},
                           {kOut, kFinAck, 101, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 102, 0, State::kFinWait2, State::kCloseWait, kHalf},
                           {kIn, kFinAck, 1, 102, 0, State::kFinWait2, State::kLastAck, kEnding},
                           {kOut, kAck, 102, 2, 0, State::kTimeWait, State::kClosed, kWait}},
                          true},
                    Close{"ThreeSegments",
                          {{kOut, kFinAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kFinAck, 1, 2, 0, State::kFinWait2, State::kLastAck, kEnding},
                           {kOut, kAck, 2, 2, 0, State::kTimeWait, State::kClosed, kWait}},
                          true},
                    Close{"FinsWithData",
                          {{kOut, kFinAck, 1, 1, 50, State::kFinWait1, kEst, kHalf},
                           {kIn, kFinAck, 1, 52, 1000, State::kFinWait2, State::kLastAck, kEnding},
                           {kOut, kAck, 52, 1002, 0, State::kTimeWait, State::kClosed, kWait}},
                          true},
                    Close{"Simultaneous_Figure13",
                          {{kOut, kFinAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kFinAck, 1, 1, 0, State::kFinWait1, State::kFinWait1, kEnding},
                           {kOut, kAck, 2, 2, 0, State::kClosing, State::kFinWait2, kEnding},
                           {kIn, kAck, 2, 2, 0, State::kTimeWait, State::kTimeWait, kWait}},
                          true},
                    Close{"HalfClosedForLong",
                          {{kOut, kFinAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 2, 0, State::kFinWait2, State::kCloseWait, kHalf},
                           {kIn, kAck, 1, 2, 500, State::kFinWait2, State::kCloseWait, kHalf},
                           {kOut, kAck, 2, 501, 0, State::kFinWait2, State::kCloseWait, kHalf},
                           {kIn, kAck, 501, 2, 500, State::kFinWait2, State::kCloseWait, kHalf},
                           {kIn, kFinAck, 1001, 2, 0, State::kFinWait2, State::kLastAck, kEnding},
                           {kOut, kAck, 2, 1002, 0, State::kTimeWait, State::kClosed, kWait}},
                          true},
                    Close{"DataIsNoAckOfTheFin",
                          {{kOut, kFinAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 1, 100, State::kFinWait1, kEst, kHalf},
                           {kOut, kAck, 2, 101, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 101, 2, 0, State::kFinWait2, State::kCloseWait, kHalf}},
                          false},
                    Close{"FinRetransmittedBeforeItsAck",
                          {{kOut, kFinAck, 1, 1, 10, State::kFinWait1, kEst, kHalf},
                           {kOut, kFinAck, 1, 1, 10, State::kFinWait1, kEst, kHalf},
                           {kOut, kFinAck, 11, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 12, 0, State::kFinWait2, State::kCloseWait, kHalf}},
                          false},
                    Close{"LastAckLostAndFinRetransmitted",
                          {{kOut, kFinAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kFinAck, 1, 2, 0, State::kFinWait2, State::kLastAck, kEnding},
                           {kOut, kAck, 2, 2, 0, State::kTimeWait, State::kClosed, kWait},
                           {kIn, kFinAck, 1, 2, 0, State::kTimeWait, State::kClosed, kWait},
                           {kOut, kAck, 2, 2, 0, State::kTimeWait, State::kClosed, kWait}},
                          true},
                    Close{"DataRetransmittedAfterTheFin",
                          {{kOut, kAck, 1, 1, 100, kEst, kEst, kOpen},
                           {kOut, kFinAck, 101, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kOut, kAck, 1, 1, 100, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 102, 0, State::kFinWait2, State::kCloseWait, kHalf}},
                          false},
                    Close{"FinOvertakesData",
                          {{kOut, kFinAck, 101, 1, 0, State::kFinWait1, kEst, kHalf},
                           {kOut, kAck, 1, 1, 100, State::kFinWait1, kEst, kHalf},
                           {kIn, kAck, 1, 102, 0, State::kFinWait2, State::kCloseWait, kHalf}},
                          false}),
    test::CaseName{});

TEST(TrackerCloseByReset, ClosesBothEndsAtAnyTime) {
    Flow flow = Origin{}.established();
    follow_reset(flow);
    EXPECT_EQ(name(flow.state(kOut)), name(State::kClosed));
    EXPECT_EQ(name(flow.state(kIn)), name(State::kClosed));
    EXPECT_TRUE(may_be_reused(flow));
    EXPECT_EQ(patience(flow), kWait);
}

TEST(TrackerCloseByReset, IsNoAssassinationOfTimeWaitRfc1337) {
    Flow flow = Origin{}.established();
    flow.set_state(kOut, State::kTimeWait);
    flow.set_state(kIn, State::kLastAck);
    follow_reset(flow);
    EXPECT_EQ(name(flow.state(kOut)), name(State::kTimeWait));
    EXPECT_EQ(name(flow.state(kIn)), name(State::kClosed));
}

/// Data is not verified by the box, so a damaged segment may have claimed a number that its sender
/// never reached; the FIN says where the stream ends.
TEST(TrackerCloseAfterDamage, TakesTheFinsWordForTheEndOfTheStream) {
    const Origin origin;
    Flow flow = origin.established();
    follow(flow, origin.segment(kOut, kAck, 30'001, 1, 100));
    follow(flow, origin.segment(kOut, kFinAck, 101, 1));
    EXPECT_EQ(name(flow.state(kOut)), name(State::kFinWait1));
    const auto ack = origin.segment(kIn, kAck, 1, 102);
    ASSERT_EQ(judge(flow, ack), Fit::kInside);
    follow(flow, ack);
    EXPECT_EQ(name(flow.state(kOut)), name(State::kFinWait2));
    EXPECT_EQ(name(flow.state(kIn)), name(State::kCloseWait));
}

TEST(TrackerReuse, WaitsUntilOneEndHasClosedBothWays) {
    for (unsigned outside = 0; outside < tcp::kEndpointStateCount; ++outside) {
        for (unsigned inside = 0; inside < tcp::kEndpointStateCount; ++inside) {
            Flow flow = Origin{}.established();
            flow.set_state(kOut, static_cast<State>(outside));
            flow.set_state(kIn, static_cast<State>(inside));
            EXPECT_EQ(may_be_reused(flow), has_closed_both_ways(static_cast<State>(outside)) ||
                                               has_closed_both_ways(static_cast<State>(inside)));
        }
    }
}

}  // namespace
}  // namespace synward::flow
