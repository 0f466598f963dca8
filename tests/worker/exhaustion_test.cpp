// SPDX-License-Identifier: BSD-3-Clause
//
// Ports that take no more packets, and no packet buffers to work with.
#include <gtest/gtest.h>
#include <rte_mempool.h>

#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using std::chrono::milliseconds;
using wire::Reason;
using wire::Side;

TEST(TransmitFull, IsCountedForEachPacketThatThePortRefuses) {
    RingBox box{policy_with(Challenge::kAlways), {.transmit_places = 32}};
    Conversation talk{box};
    const Bytes datagram = talk.to_server().protocol(17).bytes();
    for (unsigned packet = 0; packet < 100; ++packet) {
        box.inject(Side::kOutside, datagram);
    }
    for (unsigned packet = 0; packet < 40; ++packet) {
        box.inject(Side::kOutside, talk.syn());
    }
    box.run();
    EXPECT_EQ(box.count(Reason::kNotTcp), 32U);
    EXPECT_EQ(box.count(Reason::kSynChallenged), 32U);
    EXPECT_EQ(box.count(Reason::kTransmitFull), 140U - 64U);
}

/// Fills the port's ring, so that it takes nothing until box.collect().
void fill(RingBox& box, Side towards, unsigned places) {
    const Bytes frame = FrameBuilder{}.protocol(17).bytes();
    for (unsigned packet = 0; packet < places; ++packet) {
        box.inject(opposite(towards), frame);
    }
    while (box.engine().turn() != 0) {
    }
}

TEST(TransmitFull, LosesNothingOfTheBoxsOwnForGood) {
    RingBox box{policy_with(Challenge::kAlways), {.transmit_places = 8}};
    Conversation talk{box};
    talk.challenge();
    fill(box, Side::kInside, 8);
    talk.redeem(10);  // the SYN to the server finds no room
    EXPECT_EQ(box.engine().totals().originated_lost, 1U);
    box.take(Side::kInside);
    box.advance(milliseconds{300});
    EXPECT_EQ(FrameReader{box.take_only(Side::kInside)}.flags(), kSyn);
    fill(box, Side::kOutside, 8);
    talk.answer();  // nor does the window for the client, who learns of it with the first data
    EXPECT_EQ(box.engine().totals().originated_lost, 2U);
    EXPECT_EQ(box.take(Side::kInside).size(), 2U);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
}

TEST(TransmitFull, ARedeemedCookieIsTriedAgain) {
    RingBox box{policy_with(Challenge::kAlways), {.transmit_places = 8}};
    Conversation talk{box};
    talk.challenge();
    fill(box, Side::kInside, 8);
    talk.redeem();
    EXPECT_EQ(box.count(Reason::kTransmitFull), 1U);
    box.take(Side::kInside);
    box.advance(milliseconds{300});
    EXPECT_EQ(FrameReader{box.take_only(Side::kInside)}.flags(), kSyn);
    talk.answer();
    box.take(Side::kInside);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
}

TEST(TransmitFull, DropsHeldSegmentsByName) {
    RingBox box{policy_with(Challenge::kAlways), {.transmit_places = 8}};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(10);
    talk.client_sends(talk.from_client(kAck, 10));
    box.take(Side::kInside);
    fill(box, Side::kInside, 7);
    talk.answer();
    EXPECT_EQ(box.count(Reason::kTransmitFull), 2U);
    EXPECT_EQ(box.engine().totals().held_now, 0U);
}

/// All free buffers of the engine's first link, until it ends.
class Drought {
  public:
    explicit Drought(RingBox& box) {
        while (rte_mbuf* const packet = rte_pktmbuf_alloc(box.engine().ports()[0].buffers)) {
            packets_.push_back(packet);
        }
    }
    ~Drought() { end(); }
    Drought(const Drought&) = delete;
    Drought& operator=(const Drought&) = delete;
    void end() {
        for (rte_mbuf* const packet : packets_) {
            rte_pktmbuf_free(packet);
        }
        packets_.clear();
    }

  private:
    std::vector<rte_mbuf*> packets_;
};

TEST(NoBuffer, TheServersSynFollowsWhenThereIsOneAgain) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    Drought drought{box};
    const Bytes request = talk.from_client(kAck, 10);
    talk.client_sends(request);
    EXPECT_EQ(box.engine().totals().originated_lost, 1U);
    EXPECT_TRUE(box.take(Side::kInside).empty());
    drought.end();
    box.advance(milliseconds{300});
    const FrameReader syn{box.take_only(Side::kInside)};
    EXPECT_EQ(syn.flags(), kSyn);
    EXPECT_EQ(syn.sequence(), talk.style().client_isn);
    EXPECT_TRUE(syn.checksums_are_right());
    talk.answer();
    EXPECT_EQ(box.take(Side::kInside).size(), 2U);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
}

TEST(NoBuffer, TheConnectionStandsWithoutAWindowUpdate) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem();
    box.take(Side::kInside);
    {
        const Drought drought{box};
        talk.answer();
    }
    EXPECT_EQ(box.engine().totals().originated_lost, 1U);
    EXPECT_EQ(box.take(Side::kInside).size(), 1U);
    talk.expect_data_crosses();
}

TEST(NoBuffer, TheClientOfASilentServerIsResetAsSoonAsMayBe) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    {
        const Drought drought{box};
        talk.redeem(10);
        for (unsigned step = 0; step < 10; ++step) {
            box.advance(milliseconds{500});
        }
    }
    for (unsigned step = 0; step < 10; ++step) {
        box.advance(milliseconds{500});
    }
    EXPECT_EQ(FrameReader{box.take_only(Side::kOutside)}.flags(), kRst | kAck);
    EXPECT_EQ(box.engine().totals().held_now, 0U);
}

}  // namespace
}  // namespace synward::test
