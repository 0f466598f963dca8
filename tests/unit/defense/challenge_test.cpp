// SPDX-License-Identifier: BSD-3-Clause
//
// SYNs answered with cookies, and the segments that redeem them (RFC 4987 section 3.6).
#include <gtest/gtest.h>

#include <algorithm>

#include "exchange.h"
#include "wire/tcp_options.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kCwr, wire::kEce, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn;

class Challenged : public testing::Test {
  protected:
    Box box{Challenge::kAlways};
    Exchange exchange{box};
    Exchange without_timestamps{box, {.timestamps = false, .client_port = 5}};
};

TEST_F(Challenged, AnswersWithTheAcknowledgmentOfTheSynAlone) {
    Sent syn = exchange.syn();
    for (const std::size_t data : {0U, 1U, 500U}) {
        syn.length = data;
        const Verdict verdict = box.send(syn);
        EXPECT_EQ(verdict.action, Action::kAnswerSyn);
        EXPECT_EQ(verdict.reason, Reason::kSynChallenged);
        EXPECT_EQ(verdict.acknowledgment.value(), syn.sequence + 1) << "never of its data";
    }
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_F(Challenged, AnswersTheSameSynAlikeWithinAnEpoch) {
    const Verdict first = box.send(exchange.syn());
    const Verdict second = box.send(exchange.syn());
    EXPECT_EQ(first.sequence, second.sequence);
    EXPECT_EQ(first.options, second.options);
}

TEST_F(Challenged, OffersTheRoomThatThereIsToHold) {
    EXPECT_EQ(box.send(exchange.syn()).window, 8 * 1460);
    Policy policy = one_service(Challenge::kAlways);
    policy.hold.connections = 1;
    Box small{policy};
    Exchange first{small, {.client_port = 1}};
    Exchange second{small, {.client_port = 2}};
    EXPECT_NE(first.challenge().window, 0);
    EXPECT_EQ(first.send(first.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(second.challenge().window, 0) << "no room any more";
}

/// Every order of the four options, each with and without NOPs in front and behind.
std::vector<test::Bytes> syn_texts(unsigned which) {
    const test::Bytes kOptions[]{
        {2, 4, 5, 180}, {3, 3, 7}, {4, 2}, {8, 10, 0, 0, 3, 232, 0, 0, 0, 0}};
    std::vector<test::Bytes> texts;
    std::array<unsigned, 4> order{0, 1, 2, 3};
    do {
        for (unsigned padding = 0; padding < 4; ++padding) {
            test::Bytes text;
            for (const unsigned option : order) {
                if ((which >> option & 1U) == 0) {
                    continue;
                }
                if ((padding & 1U) != 0) {
                    text.push_back(1);
                }
                text.insert(text.end(), kOptions[option].begin(), kOptions[option].end());
            }
            text.resize((text.size() + 3) / 4 * 4, (padding & 2U) != 0 ? 1 : 0);
            if (text.size() <= 40) {
                texts.push_back(text);
            }
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return texts;
}

TEST_F(Challenged, NeverAnswersWithMoreOptionsThanTheSynHad) {
    for (unsigned which = 0; which < 16; ++which) {
        for (const test::Bytes& options : syn_texts(which)) {
            Sent syn = exchange.syn();
            syn.options = options;
            const Verdict verdict = box.send(syn);
            ASSERT_EQ(verdict.action, Action::kAnswerSyn);
            std::array<std::uint8_t, wire::kMaximumOptionsLength> text{};
            EXPECT_LE(wire::write_handshake_options(verdict.options, text), options.size());
            EXPECT_EQ(verdict.options.mss.has_value(), (which & 1U) != 0);
            EXPECT_EQ(verdict.options.window_scale.has_value(), (which & 2U) != 0);
            EXPECT_EQ(verdict.options.sack_permitted, (which & 4U) != 0);
            EXPECT_EQ(verdict.options.timestamps.has_value(), (which & 8U) != 0);
        }
    }
}

TEST_F(Challenged, TellsTheServerWhatTheClientWasPromised) {
    for (unsigned which = 0; which < 16; ++which) {
        for (const bool ecn : {false, true}) {
            Policy policy = one_service(Challenge::kAlways);
            policy.services[0].server = {.ecn = true};
            Box fresh{policy};
            Exchange client{fresh, {.timestamps = (which & 8U) != 0}};
            Sent syn = client.syn();
            syn.options = syn_texts(which).front();
            syn.flags |= ecn ? kEce | kCwr : 0U;
            const Verdict answer = fresh.send(syn);
            EXPECT_TRUE(ecn || !answer.ecn);
            Sent ack = client.client(kAck, 1);
            ack.acknowledgment = answer.sequence.value() + 1;
            ack.options = {};
            if (answer.options.timestamps) {
                ack.options =
                    test::OptionsText{.timestamps = {{2000, answer.options.timestamps->value}}}
                        .bytes();
            }
            const Verdict redeemed = fresh.send(ack);
            ASSERT_EQ(redeemed.action, Action::kConnectServer) << which;
            const Connecting& connecting = fresh.connecting.at(redeemed.connecting);
            EXPECT_EQ(connecting.client_isn.value(), syn.sequence);
            EXPECT_EQ(connecting.options.window_scale.has_value(),
                      answer.options.window_scale.has_value());
            EXPECT_EQ(connecting.options.sack_permitted, answer.options.sack_permitted);
            EXPECT_EQ(connecting.options.timestamps.has_value(),
                      answer.options.timestamps.has_value());
            EXPECT_EQ(connecting.ecn, answer.ecn);
            if ((which & 8U) != 0) {
                EXPECT_EQ(answer.ecn, ecn);
                EXPECT_EQ(connecting.options.mss, (which & 1U) != 0 ? 1460 : 536);
                EXPECT_EQ(connecting.options.timestamps, (wire::Timestamps{2000, 0}));
            }
            EXPECT_LE(connecting.options.mss, (which & 1U) != 0 ? 1460 : 536);
        }
    }
}

TEST_F(Challenged, TakesPartInEcnOnlyAsRfc3168Section6_1_1HasIt) {
    Policy policy = one_service(Challenge::kAlways);
    policy.services[0].server.ecn = true;
    Box with_ecn{policy};
    Sent syn = exchange.syn();
    for (const unsigned flags : {0U + kSyn, 0U + kSyn + kEce, 0U + kSyn + kCwr}) {
        syn.flags = flags;
        EXPECT_FALSE(with_ecn.send(syn).ecn);
    }
    syn.flags = kSyn | kEce | kCwr;
    EXPECT_TRUE(with_ecn.send(syn).ecn);
    EXPECT_FALSE(box.send(syn).ecn) << "not offered before a server is known to take part";
}

TEST_F(Challenged, AgreesToWhatTheServerOffersAlone) {
    Policy policy = one_service(Challenge::kAlways);
    policy.services[0].server = {
        .mss = 1300, .window_scale = 2, .sack = false, .timestamps = false, .ecn = false};
    Box pinned{policy};
    const Verdict verdict = pinned.send(exchange.syn());
    EXPECT_EQ(verdict.options, (wire::HandshakeOptions{.mss = 1300, .window_scale = 2}));
    EXPECT_EQ(verdict.window, 8 * 1300);
}

TEST_F(Challenged, AreRedeemedByABareAckByDataAndByDataWithFin) {
    struct Case {
        unsigned flags;
        std::size_t length;
        Reason reason;
    };
    for (const auto& [flags, length, reason] :
         {Case{kAck, 0, Reason::kCookieRedeemed}, Case{kAck, 1, Reason::kAwaitingServer},
          Case{kAck | kPsh, 1460, Reason::kAwaitingServer},
          Case{kAck | kFin | kPsh, 100, Reason::kAwaitingServer},
          Case{kAck | kFin, 0, Reason::kAwaitingServer}}) {
        for (const bool timestamps : {true, false}) {
            for (const bool ipv6 : {true, false}) {
                Box fresh{Challenge::kAlways};
                Exchange client{fresh, {.timestamps = timestamps, .ipv6 = ipv6}};
                client.challenge();
                const Verdict verdict = client.send(client.client(flags, 1, 1, length));
                EXPECT_EQ(verdict.action, Action::kConnectServer);
                EXPECT_EQ(verdict.reason, reason);
                ASSERT_NE(client.flow(), nullptr);
                EXPECT_EQ(client.flow()->life(), flow::Phase::kConnecting);
                fresh.expect_consistent(64);
            }
        }
    }
}

TEST_F(Challenged, AreNotRedeemedByAnyOtherNumber) {
    exchange.challenge();
    without_timestamps.challenge();
    for (Exchange* const client : {&exchange, &without_timestamps}) {
        // Nearer ones are other options of the client's own, where seven bits carry them.
        for (const std::uint32_t off : {128U, 0x100'0000U, 0x8000'0000U, 0U - 128}) {
            EXPECT_EQ(client->send(client->client(kAck, 1, 1 + off)).action, Action::kDrop) << off;
            EXPECT_EQ(client->send(client->client(kAck, 1 + off, 1)).action, Action::kDrop) << off;
            EXPECT_EQ(client->send(client->client(kAck | kFin, 1, 1 + off)).reason,
                      Reason::kFinWithoutFlow)
                << off;
        }
    }
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 2)).reason, Reason::kCookieInvalid);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 0)).reason, Reason::kCookieInvalid);
    Sent other_port = exchange.client(kAck, 1, 1);
    other_port.client_port = 9;
    EXPECT_EQ(box.send(other_port).action, Action::kDrop);
    Sent other_echo = exchange.client(kAck, 1, 1);
    other_echo.options.back() ^= 1U;
    EXPECT_EQ(box.send(other_echo).reason, Reason::kCookieInvalid);
    EXPECT_EQ(box.table.size(), 0U);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST_F(Challenged, AreNotRedeemedByDamagedSegmentsOrMalformedOptions) {
    exchange.challenge();
    Sent damaged = exchange.client(kAck, 1, 1);
    damaged.damaged = true;
    EXPECT_EQ(box.send(damaged).reason, Reason::kTcpChecksum);
    Sent malformed = exchange.client(kAck, 1, 1);
    malformed.options = {8, 11, 0, 0};
    EXPECT_EQ(box.send(malformed).reason, Reason::kTcpOptionLength);
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_F(Challenged, AreHonouredForTwoEpochs) {
    const auto lifetime = box.policy.cookie_key_lifetime;
    box.now = tcp::Time{lifetime * 60'000'000LL};  // where an epoch begins
    for (Exchange* const client : {&exchange, &without_timestamps}) {
        client->challenge();
    }
    box.advance(2 * lifetime - milliseconds{1});
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    box.advance(milliseconds{1});
    EXPECT_EQ(without_timestamps.send(without_timestamps.client(kAck, 1, 1)).reason,
              Reason::kCookieInvalid);
}

TEST_F(Challenged, AreNotOutstandingBeforeTheFirstSynOfAnEpoch) {
    // A cookie as another box of the same secret would have issued it.
    exchange.challenge();
    Box fresh{Challenge::kAlways};
    EXPECT_EQ(fresh.send(exchange.client(kAck, 1, 1)).reason, Reason::kCookieNotOutstanding);
    Box partner{
        Box::Settings{.policy = one_service(Challenge::kAlways), .cookies_are_shared = true}};
    EXPECT_EQ(partner.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST_F(Challenged, AreNotOutstandingInAnEpochThatWasSleptThrough) {
    exchange.challenge();
    box.advance(3 * box.policy.cookie_key_lifetime);
    const auto slept = static_cast<std::uint32_t>(box.now.time_since_epoch() /
                                                  tcp::Duration{box.policy.cookie_key_lifetime}) -
                       1;
    Sent forged = exchange.client(kAck, 1, 1);
    forged.options = test::OptionsText{.timestamps = {{7, slept << 20U}}}.bytes();
    EXPECT_EQ(box.send(forged).reason, Reason::kCookieNotOutstanding);
}

/// One client that redeems its cookie again and again must not use up other clients' cookies.
TEST_F(Challenged, StayOutstandingWhateverAnotherClientReplays) {
    exchange.challenge();
    without_timestamps.challenge();
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
        ASSERT_NE(exchange.send(exchange.client(kRst, 1)).action, Action::kHold);
        ASSERT_EQ(exchange.flow(), nullptr);
    }
    EXPECT_EQ(without_timestamps.send(without_timestamps.client(kAck, 1, 1)).action,
              Action::kConnectServer);
}

TEST_F(Challenged, AreRedeemedOnceHoweverOftenTheSegmentComes) {
    exchange.redeem();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kAlreadyHeld);
    }
    EXPECT_EQ(box.connecting.in_use(), 1U);
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kInConnection);
    EXPECT_EQ(box.connecting.in_use(), 0U);
}

}  // namespace
}  // namespace synward::defense
