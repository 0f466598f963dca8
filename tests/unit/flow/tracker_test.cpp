// SPDX-License-Identifier: BSD-3-Clause
#include "flow/tracker.h"

#include <gtest/gtest.h>

#include <cstring>

#include "support/case_name.h"
#include "tracker_fixture.h"

namespace synward::flow {
namespace {

constexpr std::uint32_t kWindow = 1U << 20U;

/// One segment beside a connection in which either side has sent up to 5,000,000 and offered a
/// window of 1 MiB.
struct FitCase {
    const char* name;
    unsigned flags;
    std::uint32_t sequence, acknowledgment;
    std::size_t length;
    Fit fit;
};
void PrintTo(const FitCase& fit, std::ostream* out) {
    *out << fit.name;
}

constexpr std::uint32_t kSent = 5'000'000;

class TrackerFit : public testing::TestWithParam<FitCase> {};

TEST_P(TrackerFit, IsJudgedAlikeOnBothSidesAndWhereverTheNumbersWrapAround) {
    const FitCase& expected = GetParam();
    for (const std::uint32_t isn :
         {0x1000'0000U, 0U, 0U - kSent, 0U - kSent - 1, 0U - kSent + 1, 0U - kSent - kWindow,
          0x8000'0000U, 0x8000'0000U - kSent, 0x7fff'ffffU - kSent - kWindow}) {
        for (const std::uint32_t delta : {0U, 0x9876'5432U}) {
            for (const Side from : {Side::kOutside, Side::kInside}) {
                const Origin origin{.outside = isn, .inside = isn + 77, .delta = delta};
                Flow flow = origin.established(kWindow);
                flow.next_of(Side::kOutside) = wire::SequenceNumber{origin.outside + kSent};
                flow.next_of(Side::kInside) = wire::SequenceNumber{origin.inside + kSent};
                const Flow before = flow;
                EXPECT_EQ(judge(flow, origin.segment(from, expected.flags, expected.sequence,
                                                     expected.acknowledgment, expected.length)),
                          expected.fit)
                    << isn << ' ' << delta << ' ' << static_cast<unsigned>(from);
                EXPECT_EQ(flow.next, before.next) << "judging changes nothing";
            }
        }
    }
}

TEST_P(TrackerFit, ThePlainWayLeadsWhereTheLongOneDoes) {
    const FitCase& expected = GetParam();
    constexpr unsigned kKind = kAck | kFin | kRst | wire::kSyn;
    const auto same = [](const Flow& a, const Flow& b) {
        return std::memcmp(&a, &b, sizeof a) == 0;
    };
    for (const std::uint32_t delta : {0U, 0x9876'5432U}) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            const Origin origin{.outside = 0U - kSent, .inside = 77, .delta = delta};
            Flow flow = origin.established(kWindow);
            flow.next_of(Side::kOutside) = wire::SequenceNumber{origin.outside + kSent};
            flow.next_of(Side::kInside) = wire::SequenceNumber{origin.inside + kSent};
            flow.outside_scale = 7;
            flow.inside_scale = 3;
            const Flow before = flow;
            const auto segment = origin.segment(from, expected.flags, expected.sequence,
                                                expected.acknowledgment, expected.length, 0xffff);
            const bool is_plain = (expected.flags & kKind) == kAck;
            EXPECT_EQ(follow_plainly(flow, segment), is_plain && expected.fit == Fit::kInside);
            Flow followed = before;
            if (is_plain && expected.fit == Fit::kInside) {
                follow(followed, segment);
            }
            EXPECT_TRUE(same(flow, followed));
        }
    }
}

TEST(Tracker, ThePlainWayIsForOpenConnectionsAlone) {
    const Origin origin;
    const auto refuses = [&](auto&& change) {
        Flow flow = origin.established();
        EXPECT_TRUE(follow_plainly(flow, origin.segment(Side::kOutside, kAck, 1, 1, 10)));
        change(flow);
        return !follow_plainly(flow, origin.segment(Side::kOutside, kAck, 11, 1, 10));
    };
    EXPECT_TRUE(refuses([](Flow& flow) { flow.enter(Phase::kHalfOpen); }));
    EXPECT_TRUE(refuses([](Flow& flow) { flow.enter(Phase::kConnecting); }));
    EXPECT_TRUE(refuses([](Flow& flow) { flow.set_state(Side::kInside, State::kFinWait1); }));
    EXPECT_TRUE(refuses([](Flow& flow) { flow.set_state(Side::kOutside, State::kCloseWait); }));
    EXPECT_TRUE(refuses([](Flow& flow) { flow.one_sided = 1; }));
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9293Section3_10_7_4, TrackerFit,
    testing::Values(
        FitCase{"NextData", kAck, kSent, kSent, 1000, Fit::kInside},
        FitCase{"PureAck", kAck, kSent, kSent, 0, Fit::kInside},
        FitCase{"Retransmission", kAck, kSent - 1000, kSent, 1000, Fit::kInside},
        FitCase{"RetransmissionOfAWholeWindow", kAck, kSent - kWindow, kSent, 1000, Fit::kInside},
        FitCase{"KeepAliveBehindAWholeWindow", kAck, kSent - kWindow - 1, kSent, 0, Fit::kInside},
        FitCase{"OlderThanAWindow", kAck, kSent - kWindow - 2, kSent, 0, Fit::kSequenceOutOfWindow},
        FitCase{"KeepAliveMust36", kAck, kSent - 1, kSent, 0, Fit::kInside},
        FitCase{"KeepAliveWithAnOctet", kAck, kSent - 1, kSent, 1, Fit::kInside},
        FitCase{"BehindALossBeforeTheBox", kAck, kSent + 2000, kSent, 1000, Fit::kInside},
        FitCase{"LastOctetOfTheWindow", kAck, kSent + kWindow - 1, kSent, 1, Fit::kInside},
        FitCase{"BeyondTheWindow", kAck, kSent + kWindow, kSent, 1, Fit::kSequenceOutOfWindow},
        FitCase{"BeyondTheWindowByItsFin", kAck | kFin, kSent + kWindow - 1, kSent, 1,
                Fit::kSequenceOutOfWindow},
        FitCase{"HalfACircleAway", kAck, kSent + 0x8000'0000U, kSent, 0, Fit::kSequenceOutOfWindow},
        FitCase{"AcksAllButNoMore", kAck, kSent, kSent, 0, Fit::kInside},
        FitCase{"AcksWhatWasNeverSent", kAck, kSent, kSent + 1, 0, Fit::kAcknowledgmentUnsent},
        FitCase{"AcksFarBeyond", kAck, kSent, kSent + 0x7000'0000U, 0, Fit::kAcknowledgmentUnsent}),
    test::CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Rfc5961Section5, TrackerFit,
    testing::Values(
        // SND.UNA may lie a window behind SND.NXT, and an acceptable ACK a window behind that.
        FitCase{"AckOfTwoWindowsAgo", kAck, kSent, kSent - 2 * kWindow - 1, 0, Fit::kInside},
        FitCase{"AckOlderThanThat", kAck, kSent, kSent - 2 * kWindow - 2, 0,
                Fit::kAcknowledgmentTooOld},
        FitCase{"DataWithAnAckOlderThanThat", kAck, kSent, kSent - 2 * kWindow - 2, 100,
                Fit::kAcknowledgmentTooOld},
        FitCase{"AckOfAlmostHalfACircleAgo", kAck, kSent, kSent - 0x7fff'ffffU, 0,
                Fit::kAcknowledgmentTooOld}),
    test::CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Rfc5961Section3, TrackerFit,
    testing::Values(
        FitCase{"ExactReset", kRst, kSent, 0, 0, Fit::kExactReset},
        FitCase{"ExactResetWithAck", kRst | kAck, kSent, kSent, 0, Fit::kExactReset},
        FitCase{"ExactResetWhateverItAcks", kRst | kAck, kSent, kSent + 9, 0, Fit::kExactReset},
        FitCase{"ResetOneBeside", kRst, kSent + 1, 0, 0, Fit::kResetInWindow},
        FitCase{"ResetThatCrossedData", kRst, kSent - 1000, 0, 0, Fit::kResetInWindow},
        FitCase{"ResetAtTheEndOfTheWindow", kRst, kSent + kWindow, 0, 0, Fit::kResetInWindow},
        FitCase{"ResetBeyond", kRst, kSent + kWindow + 1, 0, 0, Fit::kResetOutOfWindow},
        FitCase{"ResetBefore", kRst, kSent - kWindow - 2, 0, 0, Fit::kResetOutOfWindow},
        FitCase{"ResetHalfACircleAway", kRst, kSent + 0x8000'0000U, 0, 0, Fit::kResetOutOfWindow}),
    test::CaseName{});

TEST(Tracker, AdmitsAProbeOfAClosedWindowRfc9293Must36) {
    const Origin origin;
    Flow flow = origin.established(0);
    const auto zero = origin.segment(Side::kOutside, kAck, 1, 1, 0, 0);
    ASSERT_EQ(judge(flow, zero), Fit::kInside);
    follow(flow, zero);
    for (int i = 0; i < 3; ++i) {  // the octet comes again until the window opens
        const auto probe = origin.segment(Side::kInside, kAck, 1, 1, 1);
        EXPECT_EQ(judge(flow, probe), Fit::kInside);
        follow(flow, probe);
        EXPECT_EQ(judge(flow, origin.segment(Side::kOutside, kAck, 1, 1, 0, 0)), Fit::kInside);
    }
    EXPECT_EQ(flow.next_of(Side::kInside).value(), origin.inside + 2);
}

TEST(Tracker, HonoursTheWindowScaleRfc7323) {
    const Origin origin;
    for (const unsigned scale : {0U, 7U, 14U, unsigned{tcp::kNoWindowScale}}) {
        Flow flow = origin.established(0);
        flow.inside_scale = scale & 0xfU;
        follow(flow, origin.segment(Side::kInside, kAck, 1, 1, 0, 50'000));
        const std::uint32_t offered = tcp::scaled_window(50'000, scale);
        const auto last = [&](std::uint32_t end) {
            return judge(flow, origin.segment(Side::kOutside, kAck, end - 1, 1, 1));
        };
        EXPECT_EQ(last(1 + offered), Fit::kInside) << scale;
        const std::uint32_t bound = std::max(offered + offered / 8, 65'535U);
        EXPECT_EQ(last(2 + bound), Fit::kSequenceOutOfWindow) << scale;
    }
}

TEST(Tracker, DoesNotTakeBackAWindowRfc9293Shld14) {
    const Origin origin;
    Flow flow = origin.established(0);
    flow.inside_scale = 7;
    follow(flow, origin.segment(Side::kInside, kAck, 1, 1, 0, 60'000));
    follow(flow, origin.segment(Side::kInside, kAck, 1, 1, 0, 0));
    EXPECT_EQ(judge(flow, origin.segment(Side::kOutside, kAck, 1'000'000, 1, 1000)), Fit::kInside)
        << "sent before the smaller window came";
}

TEST(Tracker, MovesByWhatIsNewAlone) {
    const Origin origin;
    Flow flow = origin.established();
    const auto next = [&] { return flow.next_of(Side::kOutside).value() - origin.outside; };
    follow(flow, origin.segment(Side::kOutside, kAck, 1, 1, 1000));
    EXPECT_EQ(next(), 1001U);
    follow(flow, origin.segment(Side::kOutside, kAck, 1, 1, 500));  // retransmission
    EXPECT_EQ(next(), 1001U);
    follow(flow, origin.segment(Side::kOutside, kAck, 1000, 1));  // keep-alive
    EXPECT_EQ(next(), 1001U);
    follow(flow, origin.segment(Side::kOutside, kAck, 501, 1, 1000));  // overlaps
    EXPECT_EQ(next(), 1501U);
    follow(flow, origin.segment(Side::kOutside, kAck, 3001, 1, 100));  // behind a loss
    EXPECT_EQ(next(), 3101U);
    EXPECT_EQ(name(flow.state(Side::kOutside)), name(State::kEstablished));
    EXPECT_EQ(name(flow.state(Side::kInside)), name(State::kEstablished));
}

/// The other end has a FIN that a RST overtook, and acknowledges it until it hears a RST itself.
TEST(Tracker, KnowsWhatAResetHasOvertakenRfc9293Section3_10_7) {
    const Origin origin;
    Flow flow = origin.established();
    follow_reset(flow);
    follow(flow, origin.segment(Side::kInside, kFin | kAck, 1, 1, 1000));
    EXPECT_EQ(judge(flow, origin.segment(Side::kOutside, kAck, 1, 1002)), Fit::kInside);
    EXPECT_EQ(judge(flow, origin.segment(Side::kOutside, kAck, 1, 1003)),
              Fit::kAcknowledgmentUnsent);
    EXPECT_EQ(name(flow.state(Side::kInside)), name(State::kClosed));
    EXPECT_EQ(name(flow.state(Side::kOutside)), name(State::kClosed));
}

TEST(Tracker, ReadsAClientsAcknowledgmentInTheServersNumbers) {
    const Origin origin{.delta = 0x1111};
    const Flow flow = origin.established();
    EXPECT_EQ(acknowledged(flow, origin.segment(Side::kOutside, kAck, 1, 1)).value(),
              origin.inside + 1);
    EXPECT_EQ(acknowledged(flow, origin.segment(Side::kInside, kAck, 1, 1)).value(),
              origin.outside + 1);
}

/// A stream of 4 GiB and more goes around the circle, segment by segment.
TEST(Tracker, FollowsOverTheWholeCircleRfc9293Section3_4) {
    const Origin origin{.outside = 0xffff'0000, .inside = 0x7fff'0000, .delta = 0x4000'0000};
    Flow flow = origin.established(kWindow);
    std::uint32_t sent = 1;
    for (std::uint64_t total = 0; total < (std::uint64_t{5} << 30U); total += 65'000) {
        const auto data = origin.segment(Side::kInside, kAck, sent, 1, 65'000);
        ASSERT_EQ(judge(flow, data), Fit::kInside) << sent;
        follow(flow, data);
        sent += 65'000;
        const auto ack = origin.segment(Side::kOutside, kAck, 1, sent);
        ASSERT_EQ(judge(flow, ack), Fit::kInside) << sent;
        follow(flow, ack);
        ASSERT_EQ(judge(flow, origin.segment(Side::kOutside, kAck, 1, sent + 1)),
                  Fit::kAcknowledgmentUnsent);
    }
    EXPECT_EQ(name(flow.state(Side::kOutside)), name(State::kEstablished));
}

}  // namespace
}  // namespace synward::flow
