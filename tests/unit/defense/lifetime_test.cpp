// SPDX-License-Identifier: BSD-3-Clause
//
// Whole lives of connections with the clock advanced: long silence, an hour half-closed, and every
// way to close, with either last ACK lost. States and reasons right after each segment, and no flow
// left after the last timeout.
#include <gtest/gtest.h>

#include "exchange.h"
#include "support/case_name.h"

namespace synward::defense {
namespace {

using wire::kAck;
constexpr auto kSpoken = Reason::kInConnection;
constexpr auto kFinPassed = Reason::kFinPassed;

struct Way {
    const char* name;
    Manner manner;
    bool ipv6;
};
void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

class Lifetime : public testing::TestWithParam<Way> {
  protected:
    void SetUp() override { exchange.establish(); }

    void expect_states(State outside, State inside) { exchange.expect_states(outside, inside); }
    /// The flow is there until `patience` is over, is gone then, and has left nothing behind.
    void expect_gone_after(tcp::Duration patience) {
        box.advance(patience - milliseconds{1});
        box.expire();
        ASSERT_NE(exchange.flow(), nullptr);
        box.advance(seconds{2});
        box.expire();
        EXPECT_EQ(exchange.flow(), nullptr);
        EXPECT_EQ(box.table.size(), 0U);
        box.expect_consistent(64);
    }

    Box box{GetParam().manner == Manner::kUntouched ? Challenge::kOverBudget : Challenge::kAlways};
    Exchange exchange{box, {.manner = GetParam().manner, .ipv6 = GetParam().ipv6}};
    const Timeouts& timeouts = box.policy.timeouts;
};

INSTANTIATE_TEST_SUITE_P(, Lifetime,
                         testing::Values(Way{"Untouched", Manner::kUntouched, false},
                                         Way{"UntouchedIpv6", Manner::kUntouched, true},
                                         Way{"Challenged", Manner::kChallenged, false},
                                         Way{"ChallengedIpv6", Manner::kChallenged, true}),
                         test::CaseName{});

TEST_P(Lifetime, OutlastsTwoHoursOfSilenceAgainAndAgainRfc5382Req5) {
    for (unsigned time = 0; time < 3; ++time) {
        box.advance(timeouts.established - seconds{1});
        box.expire();
        play(exchange,
             std::array{client(kAck, 1, 1, 0, kSpoken, State::kEstablished, State::kEstablished)});
    }
    expect_gone_after(timeouts.established);
}

TEST_P(Lifetime, GoesOnHalfClosedForAnHourRfc9293Section3_6) {
    play(exchange, std::array{
                       client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
                       server(kAck, 1, 2, 0, kSpoken, State::kFinWait2, State::kCloseWait),
                   });
    std::uint32_t sent = 1;
    for (unsigned minute = 0; minute < 60; ++minute) {
        box.advance(std::chrono::minutes{1});
        box.expire();
        play(exchange,
             std::array{
                 server(kAck, sent, 2, 1000, kSpoken, State::kFinWait2, State::kCloseWait),
                 client(kAck, 2, sent + 1000, 0, kSpoken, State::kFinWait2, State::kCloseWait),
             });
        sent += 1000;
    }
    // An hour in silence, too.
    box.advance(std::chrono::hours{1});
    box.expire();
    play(exchange, std::array{
                       server(kFinAck, sent, 2, 0, kFinPassed, State::kFinWait2, State::kLastAck),
                       client(kAck, 2, sent + 1, 0, kSpoken, State::kTimeWait, State::kClosed),
                   });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, EndsWhenTheClientClosesFirstRfc9293Figure12) {
    play(exchange, std::array{
                       client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
                       server(kAck, 1, 2, 0, kSpoken, State::kFinWait2, State::kCloseWait),
                       server(kFinAck, 1, 2, 0, kFinPassed, State::kFinWait2, State::kLastAck),
                       client(kAck, 2, 2, 0, kSpoken, State::kTimeWait, State::kClosed),
                   });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, EndsWhenTheServerClosesFirstRfc9293Figure12) {
    play(exchange, std::array{
                       server(kFinAck, 1, 1, 0, kFinPassed, State::kEstablished, State::kFinWait1),
                       client(kAck, 1, 2, 0, kSpoken, State::kCloseWait, State::kFinWait2),
                       client(kFinAck, 1, 2, 0, kFinPassed, State::kLastAck, State::kFinWait2),
                       server(kAck, 2, 2, 0, kSpoken, State::kClosed, State::kTimeWait),
                   });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, EndsWhenBothCloseAtOnceRfc9293Figure13) {
    play(exchange, std::array{
                       client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
                       server(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kFinWait1),
                       client(kAck, 2, 2, 0, kSpoken, State::kClosing, State::kFinWait2),
                       server(kAck, 2, 2, 0, kSpoken, State::kTimeWait, State::kTimeWait),
                   });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, EndsThoughTheLastAckOfTheClientIsLost) {
    play(exchange,
         std::array{
             client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
             server(kFinAck, 1, 2, 0, kFinPassed, State::kFinWait2, State::kLastAck),
             // The client's ACK is lost in front of the box; the server sends its FIN again.
             server(kFinAck, 1, 2, 0, kFinPassed, State::kFinWait2, State::kLastAck),
             client(kAck, 2, 2, 0, kSpoken, State::kTimeWait, State::kClosed),
             // And behind the box: the FIN and its ACK are carried once more in TIME_WAIT.
             server(kFinAck, 1, 2, 0, kFinPassed, State::kTimeWait, State::kClosed),
             client(kAck, 2, 2, 0, kSpoken, State::kTimeWait, State::kClosed),
         });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, EndsThoughTheLastAckOfTheServerIsLost) {
    play(exchange, std::array{
                       server(kFinAck, 1, 1, 0, kFinPassed, State::kEstablished, State::kFinWait1),
                       client(kFinAck, 1, 2, 0, kFinPassed, State::kLastAck, State::kFinWait2),
                       client(kFinAck, 1, 2, 0, kFinPassed, State::kLastAck, State::kFinWait2),
                       server(kAck, 2, 2, 0, kSpoken, State::kClosed, State::kTimeWait),
                       client(kFinAck, 1, 2, 0, kFinPassed, State::kClosed, State::kTimeWait),
                       server(kAck, 2, 2, 0, kSpoken, State::kClosed, State::kTimeWait),
                   });
    expect_gone_after(timeouts.time_wait);
}

TEST_P(Lifetime, OfACloseWhoseLastAckNeverComesIsTheClosingTimeout) {
    play(exchange, std::array{
                       client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
                       server(kFinAck, 1, 2, 0, kFinPassed, State::kFinWait2, State::kLastAck),
                   });
    expect_gone_after(timeouts.closing);
}

TEST_P(Lifetime, OfASimultaneousCloseWithOneAckLostIsTheClosingTimeout) {
    play(exchange, std::array{
                       client(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kEstablished),
                       server(kFinAck, 1, 1, 0, kFinPassed, State::kFinWait1, State::kFinWait1),
                       client(kAck, 2, 2, 0, kSpoken, State::kClosing, State::kFinWait2),
                   });
    expect_gone_after(timeouts.closing);
}

TEST_P(Lifetime, OfASilentHalfClosedConnectionIsTheHalfClosedTimeout) {
    play(exchange, std::array{
                       server(kFinAck, 1, 1, 0, kFinPassed, State::kEstablished, State::kFinWait1),
                       client(kAck, 1, 2, 0, kSpoken, State::kCloseWait, State::kFinWait2),
                   });
    expect_gone_after(timeouts.half_closed);
}

}  // namespace
}  // namespace synward::defense
