// SPDX-License-Identifier: BSD-3-Clause
//
// Checksums are looked at where a segment is about to have an effect: with a wrong one it has none,
// and the same segment unhurt then has it.
#include <gtest/gtest.h>

#include "exchange.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kCwr, wire::kEce, wire::kRst, wire::kSyn;

Policy by_reset() {
    Policy policy = one_service(Challenge::kAlways);
    policy.services[0].method = Method::kReset;
    return policy;
}

Sent damaged(Sent sent) {
    sent.damaged = true;
    return sent;
}
/// The same segment with a wrong checksum in its IPv4 header.
test::Bytes damaged_in_its_ip_header(const Sent& sent) {
    test::Bytes frame = Box::frame_of(sent);
    frame[14 + 10] ^= 0x55U;
    return frame;
}

class Damage : public testing::TestWithParam<bool> {
  protected:
    /// The segment of an Exchange, damaged in its TCP or its IPv4 header.
    static Verdict send_damaged(Box& box, const Sent& sent) {
        return GetParam() ? box.send(damaged(sent))
                          : box.send_frame(damaged_in_its_ip_header(sent), sent.from);
    }
    static Reason reason() { return GetParam() ? Reason::kTcpChecksum : Reason::kIpv4Checksum; }
};

INSTANTIATE_TEST_SUITE_P(, Damage, testing::Values(false, true), [](const auto& tcp) {
    return std::string{tcp.param ? "OfTcp" : "OfIpv4"};
});

TEST_P(Damage, RedeemsNoCookie) {
    for (const std::size_t length : {0U, 700U}) {
        for (const bool timestamps : {true, false}) {
            Box box{Challenge::kAlways};
            Exchange client{box, {.timestamps = timestamps}};
            client.challenge();
            const Sent third = client.client(kAck, 1, 1, length);
            EXPECT_EQ(send_damaged(box, third).reason, reason());
            EXPECT_EQ(box.table.size(), 0U);
            EXPECT_EQ(box.connecting.in_use(), 0U);
            EXPECT_EQ(box.send(third).action, Action::kConnectServer);
        }
    }
}

TEST_P(Damage, RedeemsNoCookieOnAnOlderConnectionOfItsPorts) {
    Box box{Challenge::kAlways};
    Exchange older{box, {.manner = Manner::kChallenged}};
    older.establish();
    older.send(older.client(wire::kFin | kAck, 1, 1));
    older.send(older.server(wire::kFin | kAck, 1, 2));
    older.send(older.client(kAck, 2, 2));
    older.expect_states(State::kTimeWait, State::kClosed);
    Exchange newer{box, {.manner = Manner::kChallenged, .client_isn = 0x6000'0000}};
    ASSERT_EQ(newer.challenge().action, Action::kAnswerSyn);
    const Sent third = newer.client(kAck, 1, 1, 100);
    EXPECT_EQ(send_damaged(box, third).action, Action::kDrop);
    older.expect_states(State::kTimeWait, State::kClosed);
    EXPECT_EQ(box.send(third).action, Action::kConnectServer);
}

TEST_P(Damage, AdmitsNoSource) {
    Box box{by_reset()};
    Exchange client{box};
    Sent reset = client.client(kRst, 0);
    reset.sequence = client.send(client.syn()).acknowledgment.value();
    EXPECT_EQ(send_damaged(box, reset).reason, reason());
    EXPECT_EQ(box.defender.admitted_sources().count(box.now), 0U);
    EXPECT_EQ(box.send(reset).reason, Reason::kSourceAdmitted);
}

TEST_P(Damage, AdmitsNoSourceOnAFlow) {
    Box box{by_reset()};
    Exchange client{box};
    const auto reset_for = [&](const Verdict& challenge) {
        Sent reset = client.client(kRst, 0);
        reset.sequence = challenge.acknowledgment.value();
        return reset;
    };
    const Sent reset = reset_for(client.send(client.syn()));
    ASSERT_EQ(box.send(reset).reason, Reason::kSourceAdmitted);
    ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(send_damaged(box, reset).reason, reason());
    EXPECT_EQ(box.send(reset).reason, Reason::kSourceAdmitted);
    EXPECT_NE(client.flow(), nullptr);
}

TEST_P(Damage, TakesNoSynAckBack) {
    Box box{Challenge::kAlways};
    Exchange client{box};
    RememberedSyns& remembered = box.defender.remembered_syns();
    remembered.keep_frame(client.challenge().remembered,
                          std::array<std::uint8_t, RememberedSyns::kFrameRoom>{}.data(), 60, 0);
    const Sent reset = client.client(kRst, 1);
    const tcp::Block hash = box.hasher(test::parse(Box::frame_of(reset)).segment.tuple);
    const wire::SequenceNumber acknowledged{reset.sequence};
    ASSERT_TRUE(remembered.remembers(hash, acknowledged));
    EXPECT_EQ(send_damaged(box, reset).reason, reason());
    EXPECT_TRUE(remembered.remembers(hash, acknowledged));
    EXPECT_EQ(box.send(reset).reason, Reason::kResetWithoutFlow);
    EXPECT_FALSE(remembered.remembers(hash, acknowledged));
}

TEST_P(Damage, AnswersNoProbe) {
    Policy policy = one_service(Challenge::kAlways);
    policy.services[0].probe = true;
    for (const unsigned flags : {kSyn | kAck, kRst | kAck}) {
        Box box{policy};
        Exchange client{box, {.client_port = 1}};
        client.send(client.syn());
        ASSERT_EQ(box.defender.originations().size(), 1U);
        const Origination probe = box.defender.originations()[0];
        const Sent answer{.from = Side::kInside,
                          .flags = flags,
                          .sequence = 77,
                          .acknowledgment = probe.fields.sequence.value() + 1,
                          .options = test::OptionsText{.mss = 1300}.bytes(),
                          .client_port = probe.tuple.outside_port};
        EXPECT_EQ(send_damaged(box, answer).reason, reason());
        Exchange second{box, {.client_port = 2}};
        const Verdict unchanged = second.send(second.syn());
        EXPECT_EQ(unchanged.reason, Reason::kSynChallenged) << "no port was refused";
        EXPECT_EQ(unchanged.options.mss, 1460) << "nothing was learned";
        EXPECT_EQ(box.send(answer).reason,
                  flags == (kSyn | kAck) ? Reason::kProbeAnswered : Reason::kProbeRefused);
        Exchange third{box, {.client_port = 3}};
        const Verdict taught = third.send(third.syn());
        if (flags == (kSyn | kAck)) {
            EXPECT_EQ(taught.options.mss, 1300);
        } else {
            EXPECT_EQ(taught.reason, Reason::kSynRefused);
        }
    }
}

TEST_P(Damage, MakesNoFlowAndGetsNoAnswer) {
    for (const Challenge challenge :
         {Challenge::kAlways, Challenge::kOverBudget, Challenge::kNever}) {
        for (const SynData rule : {SynData::kForward, SynData::kStrip}) {
            for (const std::size_t length : {0U, 500U}) {
                Policy policy = one_service(challenge);
                policy.services[0].syn_data = rule;
                Box box{policy};
                Exchange client{box};
                Sent syn = client.syn();
                syn.length = length;
                EXPECT_EQ(send_damaged(box, syn).reason, reason());
                EXPECT_EQ(box.table.size(), 0U);
                EXPECT_NE(box.send(syn).action, Action::kDrop);
            }
        }
    }
}

/// Its receiver looks at the checksum: nothing is kept of such a segment here.
TEST_P(Damage, PassesWhereNothingIsDefended) {
    for (const Challenge challenge : {Challenge::kNever, Challenge::kMonitor}) {
        Box box{challenge};
        Exchange client{box};
        EXPECT_EQ(send_damaged(box, client.client(kAck, 1, 1, 100)).reason, Reason::kWithoutFlow);
        EXPECT_EQ(box.table.size(), 0U);
    }
}

}  // namespace
}  // namespace synward::defense
