// SPDX-License-Identifier: BSD-3-Clause
//
// ICMP errors about segments: path MTU discovery (RFC 1191, RFC 8201) and forged errors (RFC 5927).
#include <gtest/gtest.h>

#include "one_sided.h"
#include "support/case_name.h"
#include "support/icmp_error.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kSyn;

/// The error about a segment, which comes from the side that the segment went to.
Verdict send_error_about(Box& box, const Sent& segment) {
    return box.send_frame(test::IcmpError::too_big(segment.ipv6).about(Box::frame_of(segment), 14),
                          opposite(segment.from));
}

struct MannerCase {
    const char* name;
    Exchange::Style style;
};
void PrintTo(const MannerCase& manner, std::ostream* out) {
    *out << manner.name;
}
class IcmpErrorOnOpenFlow : public testing::TestWithParam<MannerCase> {
  protected:
    void SetUp() override {
        exchange.establish();
        // The server has sent 10,000 octets and the client 3,000.
        exchange.send(exchange.server(kAck, 1, 1, 10'000));
        exchange.send(exchange.client(kAck, 1, 10'001, 3'000));
    }
    /// In the numbers that are on the wire at the router: on the outside those of the client.
    [[nodiscard]] Sent from_server(std::uint32_t sequence) const {
        Sent sent = exchange.server(kAck, sequence, 3'001, 100);
        sent.sequence = exchange.shown_isn() + sequence;
        return sent;
    }
    [[nodiscard]] Sent from_client(std::uint32_t sequence) const {
        Sent sent = exchange.client(kAck, sequence, 10'001, 100);
        sent.options.clear();
        return sent;
    }
    void expect_passes(const Sent& segment) {
        const Verdict verdict = send_error_about(box, segment);
        const bool spliced = GetParam().style.manner == Manner::kChallenged;
        EXPECT_EQ(verdict.action, spliced ? Action::kSpliceIcmpError : Action::kForward);
        EXPECT_EQ(verdict.reason, Reason::kIcmpError);
        if (spliced) {
            EXPECT_EQ(verdict.translation.sequence_delta,
                      exchange.shown_isn() - GetParam().style.server_isn);
        }
    }
    void expect_drops(const Sent& segment) {
        const Verdict verdict = send_error_about(box, segment);
        EXPECT_EQ(verdict.action, Action::kDrop);
        EXPECT_EQ(verdict.reason, Reason::kIcmpOutOfWindow);
    }

    Box box{GetParam().style.manner == Manner::kChallenged ? Challenge::kAlways
                                                           : Challenge::kOverBudget};
    Exchange exchange{box, GetParam().style};
};

TEST_P(IcmpErrorOnOpenFlow, PassesAboutWhatMayBeUnderWay) {
    for (const std::uint32_t sequence : {1U, 5'000U, 9'999U, 10'001U}) {
        SCOPED_TRACE(sequence);
        expect_passes(from_server(sequence));
    }
    for (const std::uint32_t sequence : {0U, 1U, 2'999U, 3'001U}) {
        SCOPED_TRACE(sequence);
        expect_passes(from_client(sequence));
    }
    box.expect_consistent(64);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

// RFC 5927 section 4.1: what is not under way cannot have come to a router.
TEST_P(IcmpErrorOnOpenFlow, DropsAboutWhatIsNotUnderWay) {
    for (const std::uint32_t sequence : {10'002U, 0x2000'0000U, 0x8000'0000U, 0xff00'0000U}) {
        SCOPED_TRACE(sequence);
        expect_drops(from_server(sequence));
    }
    for (const std::uint32_t sequence : {3'002U, 0x8000'0000U, 0xff00'0000U}) {
        SCOPED_TRACE(sequence);
        expect_drops(from_client(sequence));
    }
}

// An attacker who does not see the connection hits one of 2^32 numbers: by a window of 64,000 and a
// scale of 7 at most one try in 500 gets to the server.
TEST_P(IcmpErrorOnOpenFlow, MostOfAllNumbersAreRefused) {
    unsigned passed = 0;
    for (std::uint32_t step = 0; step < 65'536; ++step) {
        passed += send_error_about(box, from_server(step << 16U)).action != Action::kDrop;
    }
    EXPECT_GE(passed, 1U);
    EXPECT_LE(passed, 2U);
}

TEST_P(IcmpErrorOnOpenFlow, DoesNotMoveTheFlow) {
    const flow::Flow before = *exchange.flow();
    send_error_about(box, from_server(1));
    send_error_about(box, from_client(1));
    expect_drops(from_server(0x8000'0000U));
    EXPECT_EQ(std::memcmp(&before, exchange.flow(), sizeof before), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Manners, IcmpErrorOnOpenFlow,
    testing::Values(MannerCase{"Untouched", {.manner = Manner::kUntouched}},
                    MannerCase{"UntouchedIpv6", {.manner = Manner::kUntouched, .ipv6 = true}},
                    MannerCase{"Challenged", {.manner = Manner::kChallenged}},
                    MannerCase{"ChallengedIpv6", {.manner = Manner::kChallenged, .ipv6 = true}},
                    MannerCase{"ChallengedNumbersWrap",
                               {.manner = Manner::kChallenged,
                                .client_isn = 0xffff'fff0,
                                .server_isn = 0xffff'ff00}}),
    test::CaseName{});

TEST(IcmpErrorOnHalfOpenFlow, AboutTheSynAndTheSynAck) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.send(exchange.syn());
    EXPECT_EQ(send_error_about(box, exchange.syn()).reason, Reason::kIcmpError);
    // The server has not spoken yet.
    EXPECT_EQ(send_error_about(box, exchange.syn_ack()).reason, Reason::kIcmpOutOfWindow);
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(send_error_about(box, exchange.syn_ack()).reason, Reason::kIcmpError);
    EXPECT_EQ(send_error_about(box, exchange.server(kAck, 5, 1)).reason, Reason::kIcmpOutOfWindow);
    EXPECT_EQ(box.count(flow::Phase::kHalfOpen), 1U);
}

TEST(IcmpErrorWhileConnecting, AboutTheSynOfTheBoxGoesToItsClient) {
    Box box{Challenge::kAlways};
    Exchange exchange{box};
    exchange.redeem();
    const Verdict verdict = send_error_about(box, exchange.client(kSyn, 0));
    EXPECT_EQ(verdict.action, Action::kForward);
    EXPECT_EQ(verdict.reason, Reason::kIcmpError);
    EXPECT_EQ(box.count(flow::Phase::kConnecting), 1U);
}

TEST(IcmpErrorWhileConnecting, AboutTheSynAckOfTheBoxIsNoConcernOfTheServer) {
    Box box{Challenge::kAlways};
    Exchange exchange{box};
    exchange.redeem();
    Sent syn_ack = exchange.server(kSyn | kAck, 0, 1);
    syn_ack.sequence = exchange.shown_isn();
    EXPECT_EQ(send_error_about(box, syn_ack).reason, Reason::kIcmpOutOfWindow);
}

TEST(IcmpErrorAfterTheClose, PassesWhileRetransmissionsMayBeUnderWay) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    exchange.send(exchange.server(kAck | kFin, 1, 1, 100));
    exchange.send(exchange.client(kAck | kFin, 1, 102));
    exchange.send(exchange.server(kAck, 102, 2));
    Sent last = exchange.server(kAck, 1, 1, 100);
    last.sequence = exchange.shown_isn() + 1;
    EXPECT_EQ(send_error_about(box, last).action, Action::kSpliceIcmpError);
}

struct ModeCase {
    Challenge challenge;
    Action from_outside;
    Reason reason;
};
TEST(IcmpErrorWithoutFlow, IsOfNoUseToADefendedServer) {
    for (const ModeCase& mode :
         {ModeCase{Challenge::kAlways, Action::kDrop, Reason::kIcmpWithoutFlow},
          ModeCase{Challenge::kOverBudget, Action::kDrop, Reason::kIcmpWithoutFlow},
          ModeCase{Challenge::kNever, Action::kForward, Reason::kIcmpError},
          ModeCase{Challenge::kMonitor, Action::kForward, Reason::kMonitored}}) {
        SCOPED_TRACE(static_cast<int>(mode.challenge));
        Box box{mode.challenge};
        for (const bool ipv6 : {false, true}) {
            const Verdict outside =
                send_error_about(box, {.from = Side::kInside, .sequence = 1, .ipv6 = ipv6});
            EXPECT_EQ(outside.action, mode.from_outside);
            EXPECT_EQ(outside.reason, mode.reason);
            const Verdict inside =
                send_error_about(box, {.from = Side::kOutside, .sequence = 1, .ipv6 = ipv6});
            EXPECT_EQ(inside.action, Action::kForward);
            EXPECT_EQ(inside.reason, Reason::kIcmpError);
        }
    }
}

TEST(IcmpErrorWithoutFlow, OfNoServicePasses) {
    Box box{Challenge::kAlways};
    test::FrameBuilder segment;
    segment.ipv4("198.51.100.2", "203.0.113.1").tcp(81, 40'000);
    const Verdict verdict =
        box.send_frame(test::IcmpError{}.about(segment.bytes(), 14), Side::kOutside);
    EXPECT_EQ(verdict.action, Action::kForward);
    EXPECT_EQ(verdict.reason, Reason::kIcmpError);
}

TEST(IcmpErrorOnMonitoredFlow, IsOnlyCounted) {
    Box box{Challenge::kMonitor};
    Exchange exchange{box};
    exchange.establish();
    Sent forged = exchange.server(kAck, 0x4000'0000, 1);
    const Verdict verdict = send_error_about(box, forged);
    EXPECT_EQ(verdict.action, Action::kForward);
    EXPECT_EQ(verdict.reason, Reason::kMonitored);
}

// RFC 8201: a router between the server and its client reports on the way that the client's
// segments take, so that the box must carry errors about what it has not seen.
TEST(IcmpErrorOnOneSidedFlow, PassesAboutWhatTheUnseenServerMayHaveUnderWay) {
    for (const bool ipv6 : {false, true}) {
        Box box{one_sided(Challenge::kOverBudget)};
        Exchange exchange{box, {.ipv6 = ipv6}};
        const auto reason_about = [&](std::uint32_t sequence) {
            return send_error_about(box, exchange.server(kAck, sequence, 1, 100)).reason;
        };
        exchange.send(exchange.syn());
        EXPECT_EQ(reason_about(1), Reason::kIcmpOutOfWindow) << "the client knows of nothing yet";
        exchange.send(exchange.client(kAck, 1, 1));
        exchange.send(exchange.client(kAck, 1, 70'001));
        for (const std::uint32_t sequence : {70'001U, 110'000U, 10'000U}) {
            EXPECT_EQ(reason_about(sequence), Reason::kIcmpError) << sequence;
        }
        for (const std::uint32_t sequence : {0x1000'0000U, 0x8000'0000U, 0xf000'0000U}) {
            EXPECT_EQ(reason_about(sequence), Reason::kIcmpOutOfWindow) << sequence;
        }
        EXPECT_EQ(send_error_about(box, exchange.client(kAck, 1, 1, 10)).reason,
                  Reason::kIcmpError);
        EXPECT_EQ(send_error_about(box, exchange.client(kAck, 0x1000'0000, 1, 10)).reason,
                  Reason::kIcmpOutOfWindow);
    }
}

}  // namespace
}  // namespace synward::defense
