// SPDX-License-Identifier: BSD-3-Clause
//
// The third segment of a challenged handshake is lost: frames of the SYN-ACK that follows.
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Reason;
using wire::Side;

/// A frame as a device would have padded it.
Bytes padded(Bytes frame) {
    frame.resize(std::max<std::size_t>(frame.size(), 60));
    return frame;
}

class SynAckAgain : public testing::TestWithParam<StyleCase> {
  protected:
    RingBox box{policy_with(Challenge::kAlways), {.links = 2}};
    Conversation talk{box, GetParam().style};
    std::uint16_t link = GetParam().style.link;
};

TEST_P(SynAckAgain, IsTheSameFrame) {
    talk.client_sends(talk.syn());
    const Bytes first = box.take_only(Side::kOutside, link);
    talk.accept(FrameReader{first});
    for (const int delay : {1, 2, 4}) {
        box.advance(seconds{delay} - milliseconds{1});
        EXPECT_TRUE(box.take(Side::kOutside, link).empty()) << delay;
        box.advance(milliseconds{1});
        const Bytes again = box.take_only(Side::kOutside, link);
        EXPECT_EQ(padded(again), padded(first)) << delay;
        EXPECT_TRUE(FrameReader{again}.checksums_are_right());
    }
    box.advance(seconds{20});
    EXPECT_TRUE(box.take(Side::kOutside, 0).empty());
    EXPECT_TRUE(box.take(Side::kOutside, 1).empty());
    EXPECT_EQ(box.count(Reason::kSynAckAgain), 3U);
}

TEST_P(SynAckAgain, LeadsToAConnection) {
    talk.challenge();
    talk.from_client(kAck);  // lost
    box.advance(seconds{1});
    const FrameReader again{box.take_only(Side::kOutside, link)};
    EXPECT_EQ(again.flags(), kSyn | kAck);
    talk.redeem();
    box.take(Side::kInside, link);
    talk.answer();
    box.take(Side::kInside, link);
    box.take(Side::kOutside, link);
    talk.expect_data_crosses();
    for (unsigned second = 0; second < 20; ++second) {
        box.advance(seconds{1});
    }
    EXPECT_TRUE(box.take(Side::kOutside, link).empty());
}

INSTANTIATE_TEST_SUITE_P(, SynAckAgain,
                         testing::Values(StyleCase{"Ipv4", {}}, StyleCase{"Ipv6", {.ipv6 = true}},
                                         StyleCase{"Ipv4WithoutTimestamps", {.timestamps = false}},
                                         StyleCase{"Ipv6TwoTags", {.ipv6 = true, .tags = 2}},
                                         StyleCase{"Ipv4Tagged", {.tags = 1}},
                                         StyleCase{"OtherLink", {.link = 1}}),
                         CaseName{});

/// The server's SYN-ACK was acknowledged by the box, and that segment is lost. Its client has
/// nothing to send; the server's SYN-ACK, which comes again, must be answered all the same.
TEST(LostAckToServer, IsMadeUpForByTheClient) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.establish();
    talk.server_clock += 1000;
    OptionsText options = talk.offer_of_server();
    talk.server_sends(talk.syn_ack());
    const FrameReader at_client{box.take_only(Side::kOutside)};
    EXPECT_EQ(at_client.flags(), kSyn | kAck);
    EXPECT_EQ(at_client.sequence() + 1, talk.server_next_at_client);
    EXPECT_EQ(at_client.acknowledgment(), talk.style().client_isn + 1);
    EXPECT_EQ(timestamps_of(at_client.options())->first, talk.server_clock_at_client + 1000);
    EXPECT_TRUE(at_client.checksums_are_right());
    // RFC 9293 section 3.10.7.4 and RFC 5961 section 4: a SYN in a synchronized state is answered
    // with an ACK.
    talk.client_sends(talk.from_client(kAck));
    const FrameReader at_server{box.take_only(Side::kInside)};
    EXPECT_EQ(at_server.flags(), kAck);
    EXPECT_EQ(at_server.sequence(), talk.style().client_isn + 1);
    EXPECT_EQ(at_server.acknowledgment(), talk.server_next);
    EXPECT_TRUE(at_server.checksums_are_right());
}

TEST(SynAckAgainWorkers, EachSendItsOwn) {
    // The port has one queue: who does not own it sends through who does.
    for (const std::uint16_t queues : {std::uint16_t{1}, std::uint16_t{3}}) {
        defense::Policy policy = policy_with(Challenge::kAlways);
        policy.remembered_syns = 3000;
        RingBox box{policy, {.workers = 3, .queues = queues, .clock = worker::Clock::Source::kTsc}};
        for (unsigned client = 1; client <= 300; ++client) {
            Dialogue talk{{.client = client}};
            box.inject(Side::kOutside, talk.syn());
        }
        box.run();
        EXPECT_EQ(box.take(Side::kOutside).size(), 300U);
        const auto end = std::chrono::steady_clock::now() + milliseconds{1500};
        while (std::chrono::steady_clock::now() < end) {
            box.run();
        }
        EXPECT_EQ(box.take(Side::kOutside).size(), 300U) << queues;
        EXPECT_EQ(box.count(Reason::kSynAckAgain), 300U) << queues;
    }
}

TEST(SynAckAgainWorkers, LeaveNothingAtTheEnd) {
    RingBox box{policy_with(Challenge::kAlways)};
    for (unsigned client = 1; client <= 300; ++client) {
        Dialogue talk{{.client = client}};
        box.inject(Side::kOutside, talk.syn());
    }
    box.run();
    box.engine().stop();
    EXPECT_EQ(box.count(Reason::kSynAckAgain), 0U);
}

}  // namespace
}  // namespace synward::test
