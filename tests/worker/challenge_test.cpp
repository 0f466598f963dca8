// SPDX-License-Identifier: BSD-3-Clause
//
// A whole connection through a challenge, frame by frame: RFC 4987 section 3.6 for the cookie, RFC
// 9293 for the handshake and the close.
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

class Challenged : public testing::TestWithParam<StyleCase> {
  protected:
    /// What every frame of the box's own making must have.
    void expect_own_frame(const FrameReader& frame, const Bytes& ethernet_source,
                          const Bytes& ethernet_destination) const {
        EXPECT_EQ(frame.ethernet_source(), ethernet_source);
        EXPECT_EQ(frame.ethernet_destination(), ethernet_destination);
        EXPECT_EQ(frame.tags_and_type(), FrameReader{talk.syn()}.tags_and_type());
        EXPECT_TRUE(frame.checksums_are_right());
        EXPECT_TRUE(frame.payload().empty());
        EXPECT_EQ(frame.length(), frame.ip_header().size() + frame.tags_and_type().size() + 12 +
                                      20 + frame.options().size());
    }
    [[nodiscard]] OptionsText timestamps(std::uint32_t value, std::uint32_t echo) const {
        OptionsText options;
        if (GetParam().style.timestamps) {
            options.timestamps = {value, echo};
        }
        return options;
    }
    /// The SYN of the box to the server, on behalf of the client.
    void expect_syn_to_server(const FrameReader& frame) const {
        const FrameReader syn{talk.syn()};
        expect_own_frame(frame, syn.ethernet_source(), syn.ethernet_destination());
        EXPECT_EQ(frame.ip_source(), syn.ip_source());
        EXPECT_EQ(frame.ip_destination(), syn.ip_destination());
        EXPECT_EQ(frame.source_port(), GetParam().style.client_port);
        EXPECT_EQ(frame.destination_port(), GetParam().style.server_port);
        EXPECT_EQ(frame.flags(), kSyn);
        EXPECT_EQ(frame.sequence(), GetParam().style.client_isn);
        EXPECT_EQ(frame.acknowledgment(), 0U);
        // The window that the client offers now, which a SYN cannot scale.
        EXPECT_EQ(frame.window(), Conversation::kClientWindow << 7U);
        OptionsText offer = talk.offer_of_client();
        if (!GetParam().style.timestamps) {
            // The nearest below 1400 that the cookie can say.
            offer.mss = GetParam().style.ipv6 ? 1360 : 1300;
        }
        EXPECT_EQ(frame.options(), offer.bytes());
    }

    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box, GetParam().style};
};

TEST_P(Challenged, SynIsAnsweredAndNothingReachesTheServer) {
    const FrameReader syn{talk.syn()};
    const FrameReader answer = talk.challenge();
    expect_own_frame(answer, syn.ethernet_destination(), syn.ethernet_source());
    EXPECT_EQ(answer.ip_source(), syn.ip_destination());
    EXPECT_EQ(answer.ip_destination(), syn.ip_source());
    EXPECT_EQ(answer.source_port(), GetParam().style.server_port);
    EXPECT_EQ(answer.destination_port(), GetParam().style.client_port);
    EXPECT_EQ(answer.flags(), kSyn | kAck);
    EXPECT_GT(answer.window(), 0U);
    OptionsText options = timestamps(talk.server_clock_at_client, talk.client_clock);
    options.mss = GetParam().style.ipv6 ? 1440 : 1460;
    options.sack_permitted = true;
    options.window_scale = 7;
    EXPECT_EQ(answer.options(), options.bytes());
    EXPECT_LE(answer.length(), syn.length());
    EXPECT_TRUE(box.take(Side::kInside).empty());
    EXPECT_EQ(box.count(Reason::kSynChallenged), 1U);
}

TEST_P(Challenged, BareAckConnectsTheServer) {
    talk.challenge();
    talk.redeem();
    expect_syn_to_server(FrameReader{box.take_only(Side::kInside)});
    EXPECT_TRUE(box.take(Side::kOutside).empty());
    EXPECT_EQ(box.count(Reason::kCookieRedeemed), 1U);

    talk.answer();
    const FrameReader syn{talk.syn()};
    const FrameReader ack{box.take_only(Side::kInside)};
    expect_own_frame(ack, syn.ethernet_source(), syn.ethernet_destination());
    EXPECT_EQ(ack.flags(), kAck);
    EXPECT_EQ(ack.sequence(), talk.client_next);
    EXPECT_EQ(ack.acknowledgment(), talk.server_next);
    EXPECT_EQ(ack.window(), Conversation::kClientWindow);
    EXPECT_EQ(ack.options(), timestamps(talk.client_clock, talk.server_clock).bytes());

    const FrameReader update{box.take_only(Side::kOutside)};
    expect_own_frame(update, syn.ethernet_destination(), syn.ethernet_source());
    EXPECT_EQ(update.flags(), kAck);
    EXPECT_EQ(update.sequence(), talk.server_next_at_client);
    EXPECT_EQ(update.acknowledgment(), talk.client_next);
    EXPECT_EQ(update.window(), Conversation::kServerWindow >> 7U);  // never scaled in a SYN-ACK
    EXPECT_EQ(update.options(), timestamps(talk.server_clock_at_client, talk.client_clock).bytes());
    EXPECT_EQ(box.count(Reason::kServerConnected), 1U);
    EXPECT_EQ(box.count(Reason::kWindowUpdate), 1U);
    talk.expect_data_crosses();
}

TEST_P(Challenged, DataIsHeldAndDeliveredInOrder) {
    talk.challenge();
    std::vector<Bytes> requests{talk.from_client(kAck | kPsh, 33)};
    talk.client_sends(requests.front());
    expect_syn_to_server(FrameReader{box.take_only(Side::kInside)});
    for (const std::size_t length : {1U, 1000U, 20U}) {
        requests.push_back(talk.from_client(kAck, length));
        talk.client_sends(requests.back());
    }
    EXPECT_EQ(box.engine().totals().held_now, 4U);
    EXPECT_TRUE(box.take(Side::kInside).empty());
    EXPECT_TRUE(box.take(Side::kOutside).empty());

    talk.answer();
    const std::vector<Bytes> at_server = box.take(Side::kInside);
    ASSERT_EQ(at_server.size(), 1 + requests.size());
    EXPECT_EQ(FrameReader{at_server[0]}.flags(), kAck);
    for (std::size_t index = 0; index < requests.size(); ++index) {
        const FrameReader sent{requests[index]};
        const FrameReader got{at_server[index + 1]};
        EXPECT_EQ(got.sequence(), sent.sequence());
        EXPECT_EQ(got.flags(), sent.flags());
        EXPECT_EQ(got.acknowledgment(), talk.server_next);
        EXPECT_EQ(got.payload(), sent.payload());
        EXPECT_EQ(got.options(), timestamps(talk.client_clock, talk.server_clock).bytes());
        EXPECT_TRUE(got.checksums_are_right());
    }
    EXPECT_EQ(box.engine().totals().held_now, 0U);
    EXPECT_EQ(box.count(Reason::kHeldReleased), 4U);
    EXPECT_EQ(box.count(Reason::kSynToServer), 1U);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
}

TEST_P(Challenged, SackEdgesAreTranslated) {
    talk.establish();
    OptionsText sack;
    sack.sack = {{talk.server_next_at_client + 100, talk.server_next_at_client + 200},
                 {talk.server_next_at_client + 300, talk.server_next_at_client + 400}};
    talk.client_sends(talk.from_client(kAck, 0, sack));
    OptionsText expected = timestamps(talk.client_clock, talk.server_clock);
    expected.sack = {{talk.server_next + 100, talk.server_next + 200},
                     {talk.server_next + 300, talk.server_next + 400}};
    const FrameReader at_server{box.take_only(Side::kInside)};
    EXPECT_EQ(at_server.options(), expected.bytes());
    EXPECT_TRUE(at_server.checksums_are_right());
}

TEST_P(Challenged, ClosesAndOpensAgainOnTheSamePorts) {
    talk.establish();
    talk.expect_data_crosses();
    talk.close();
    EXPECT_EQ(box.count(Reason::kFinPassed), 2U);

    Conversation::Style again = GetParam().style;
    again.client_isn += 0x0100'0000;
    again.server_isn += 77;
    Conversation next{box, again};
    next.establish();
    next.expect_data_crosses();
    EXPECT_EQ(box.count(Reason::kServerConnected), 2U);
}

TEST_P(Challenged, ServerThatRefusesIsHeardByTheClient) {
    talk.challenge();
    talk.redeem(50);
    box.take(Side::kInside);
    talk.server_sends(talk.to_client()
                          .tcp(GetParam().style.server_port, GetParam().style.client_port, 0,
                               GetParam().style.client_isn + 1)
                          .flags(kRst | kAck)
                          .bytes());
    const FrameReader reset{box.take_only(Side::kOutside)};
    EXPECT_EQ(reset.flags(), kRst | kAck);
    EXPECT_EQ(reset.sequence(), talk.server_next_at_client);
    EXPECT_EQ(reset.acknowledgment(), talk.client_next);
    EXPECT_TRUE(reset.checksums_are_right());
    EXPECT_TRUE(box.take(Side::kInside).empty());
    EXPECT_EQ(box.engine().totals().held_now, 0U);
    EXPECT_EQ(box.count(Reason::kServerUnreachable), 1U);
}

TEST_P(Challenged, PortThatHasRefusedDoesNotLookOpen) {
    talk.challenge();
    talk.redeem();
    box.take(Side::kInside);
    talk.server_sends(talk.to_client()
                          .tcp(GetParam().style.server_port, GetParam().style.client_port, 0,
                               GetParam().style.client_isn + 1)
                          .flags(kRst | kAck)
                          .bytes());
    box.take(Side::kOutside);
    Conversation::Style other = GetParam().style;
    other.client = 77;
    Conversation late{box, other};
    late.client_sends(late.syn());
    const FrameReader reset{box.take_only(Side::kOutside)};
    EXPECT_EQ(reset.flags(), kRst | kAck);
    EXPECT_EQ(reset.acknowledgment(), other.client_isn + 1);
    EXPECT_TRUE(reset.checksums_are_right());
    EXPECT_TRUE(box.take(Side::kInside).empty());
}

INSTANTIATE_TEST_SUITE_P(
    , Challenged,
    testing::Values(StyleCase{"Ipv4", {}}, StyleCase{"Ipv6", {.ipv6 = true}},
                    StyleCase{"Ipv4WithoutTimestamps", {.timestamps = false}},
                    StyleCase{"Ipv6WithoutTimestamps", {.ipv6 = true, .timestamps = false}},
                    StyleCase{"Ipv4Tagged", {.tags = 1}},
                    StyleCase{"Ipv6Tagged", {.ipv6 = true, .tags = 1}},
                    StyleCase{"Ipv4TwoTags", {.tags = 2}},
                    StyleCase{"NumbersThatWrap",
                              {.client_isn = 0xffff'fff0, .server_isn = 0xffff'ffff}}),
    CaseName{});

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SilentServer, IsAskedAgainWithGrowingPauses) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    const Bytes first = box.take_only(Side::kInside);
    // 250 ms, then twice as long each time (policy_with leaves the default of five SYNs).
    milliseconds pause{250};
    for (unsigned attempt = 2; attempt <= 5; ++attempt) {
        box.advance(pause - milliseconds{20});
        EXPECT_TRUE(box.take(Side::kInside).empty()) << attempt;
        box.advance(milliseconds{20});
        EXPECT_EQ(box.take_only(Side::kInside), first) << attempt;
        pause *= 2;
    }
    EXPECT_TRUE(box.take(Side::kOutside).empty());
    box.advance(pause);
    EXPECT_TRUE(box.take(Side::kInside).empty());
    const FrameReader reset{box.take_only(Side::kOutside)};
    EXPECT_EQ(reset.flags(), kRst | kAck);
    EXPECT_EQ(reset.sequence(), talk.server_next_at_client);
    EXPECT_TRUE(reset.checksums_are_right());
    EXPECT_EQ(box.count(Reason::kSynToServerAgain), 4U);
    EXPECT_EQ(box.count(Reason::kResetToClient), 1U);
    EXPECT_EQ(box.count(Reason::kServerUnreachable), 1U);
    EXPECT_EQ(box.engine().workers()[0]->table().size(), 0U);
}

TEST(SilentServer, ThatAnswersTheLastSynIsConnected) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    for (unsigned quarter = 0; quarter < 16; ++quarter) {
        box.advance(milliseconds{250});
    }
    box.take(Side::kInside);
    talk.answer();
    EXPECT_EQ(box.take(Side::kInside).size(), 2U);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
    box.advance(seconds{20});
    EXPECT_TRUE(box.take(Side::kOutside).empty());
}

TEST(SilentServer, IsAskedAgainOnItsOwnLink) {
    RingBox box{policy_with(Challenge::kAlways), {.links = 3}};
    Conversation talk{box, {.link = 2}};
    talk.challenge();
    talk.redeem();
    const Bytes first = box.take_only(Side::kInside, 2);
    box.advance(milliseconds{300});
    EXPECT_EQ(FrameReader{box.take_only(Side::kInside, 2)}.sequence(),
              FrameReader{first}.sequence());
    for (unsigned step = 0; step < 10; ++step) {
        box.advance(seconds{1});
    }
    EXPECT_EQ(FrameReader{box.take_only(Side::kOutside, 2)}.flags(), kRst | kAck);
    for (const std::uint16_t other : {std::uint16_t{0}, std::uint16_t{1}}) {
        EXPECT_TRUE(box.take(Side::kInside, other).empty());
        EXPECT_TRUE(box.take(Side::kOutside, other).empty());
    }
}

TEST(Holding, EndsAtTheLimitOfAConnection) {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.hold.segments_per_connection = 3;
    RingBox box{policy};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    for (unsigned segment = 0; segment < 5; ++segment) {
        talk.client_sends(talk.from_client(kAck, 10));
    }
    EXPECT_EQ(box.engine().totals().held_now, 3U);
    EXPECT_EQ(box.count(Reason::kHoldFull), 3U);
    box.take(Side::kInside);
    talk.answer();
    EXPECT_EQ(box.take(Side::kInside).size(), 4U);
}

TEST(Holding, EndsAtTheLimitOfAll) {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.hold.connections = 4;
    policy.hold.segments = 6;
    policy.hold.segments_per_connection = 2;
    RingBox box{policy};
    for (unsigned client = 1; client <= 6; ++client) {
        Conversation talk{box, {.client = client}};
        talk.challenge();
        talk.redeem(10);
        talk.client_sends(talk.from_client(kAck, 10));
    }
    // Three clients fill the six places; a fourth is connected without its data; no more fit.
    EXPECT_EQ(box.engine().totals().held_now, 6U);
    EXPECT_EQ(box.take(Side::kInside).size(), 4U);
    EXPECT_EQ(box.count(Reason::kCookieRedeemed), 1U);
    // A client that is challenged now is asked to send nothing for the time being.
    Conversation late{box, {.client = 7}};
    EXPECT_EQ(late.challenge().window(), 0U);
}

TEST(Holding, RepeatedSegmentsAreHeldOnce) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    const Bytes request = talk.from_client(kAck, 10);
    talk.client_sends(request);
    talk.client_sends(request);
    EXPECT_EQ(box.engine().totals().held_now, 1U);
    EXPECT_EQ(box.count(Reason::kAlreadyHeld), 1U);
}

TEST(Holding, EndsWithTheClientsReset) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    talk.client_sends(talk.from_client(kRst));
    EXPECT_EQ(box.engine().totals().held_now, 0U);
    EXPECT_EQ(box.count(Reason::kClientAborted), 1U);
}

TEST(Holding, WhatIsHeldAtTheEndIsDroppedByName) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    box.engine().stop();
    EXPECT_EQ(box.count(Reason::kStopped), 1U);
}

/// Every set of options that a SYN may have, in a text of the least length.
TEST(Answer, IsNeverLongerThanTheSyn) {
    const std::vector<Bytes> kOptions{
        {2, 4, 5, 180}, {4, 2}, {8, 10, 1, 2, 3, 4, 0, 0, 0, 0}, {3, 3, 7}};
    RingBox box{policy_with(Challenge::kAlways)};
    for (unsigned set = 0; set < 16; ++set) {
        for (const bool ipv6 : {false, true}) {
            Conversation talk{box, {.ipv6 = ipv6, .client = set + 1}};
            Bytes options;
            for (unsigned option = 0; option < 4; ++option) {
                if ((set >> option & 1U) != 0) {
                    options.insert(options.end(), kOptions[option].begin(), kOptions[option].end());
                }
            }
            options.resize((options.size() + 3) / 4 * 4);
            const Bytes syn = talk.to_server().flags(kSyn).options(options).bytes();
            talk.client_sends(syn);
            const FrameReader answer{box.take_only(Side::kOutside)};
            EXPECT_LE(answer.length(), syn.size()) << "options " << set;
            EXPECT_TRUE(answer.checksums_are_right());
        }
    }
}

}  // namespace
}  // namespace synward::test
