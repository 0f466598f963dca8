// SPDX-License-Identifier: BSD-3-Clause
//
// The challenge by reset, frame by frame: what leaves the box, and that nothing of it is rewritten
// once a client is admitted.
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"
#include "support/flood.h"

namespace synward::test {
namespace {

using defense::Challenge;
using synward::flood::FloodKind;
using wire::Reason;
using wire::Side;

defense::Policy by_reset() {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.services[0].method = defense::Method::kReset;
    return policy;
}

class ChallengedByReset : public testing::TestWithParam<StyleCase> {
  protected:
    [[nodiscard]] Bytes reset(std::uint32_t sequence) const {
        return talk.to_server()
            .tcp(talk.style().client_port, talk.style().server_port, sequence)
            .flags(kRst)
            .bytes();
    }
    RingBox box{by_reset()};
    Conversation talk{box, GetParam().style};
};

INSTANTIATE_TEST_SUITE_P(, ChallengedByReset,
                         testing::Values(StyleCase{"Ipv4", {}}, StyleCase{"Ipv4Vlan", {.tags = 1}},
                                         StyleCase{"Ipv4WithoutTimestamps", {.timestamps = false}},
                                         StyleCase{"Ipv6", {.ipv6 = true}},
                                         StyleCase{"Ipv6TwoTags", {.ipv6 = true, .tags = 2}}),
                         CaseName{});

TEST_P(ChallengedByReset, TheAnswerIsABareSynAckThatAcknowledgesNoSyn) {
    const FrameReader syn{talk.syn()};
    talk.client_sends(talk.syn());
    const FrameReader answer{box.take_only(Side::kOutside)};
    EXPECT_EQ(answer.ethernet_destination(), syn.ethernet_source());
    EXPECT_EQ(answer.ethernet_source(), syn.ethernet_destination());
    EXPECT_EQ(answer.tags_and_type(), syn.tags_and_type());
    EXPECT_EQ(answer.ip_source(), syn.ip_destination());
    EXPECT_EQ(answer.ip_destination(), syn.ip_source());
    EXPECT_EQ(answer.source_port(), syn.destination_port());
    EXPECT_EQ(answer.destination_port(), syn.source_port());
    EXPECT_EQ(answer.flags(), kSyn | kAck);
    EXPECT_NE(answer.acknowledgment(), syn.sequence() + 1);
    EXPECT_EQ(answer.window(), 0U);
    EXPECT_TRUE(answer.options().empty());
    EXPECT_TRUE(answer.payload().empty());
    EXPECT_TRUE(answer.checksums_are_right());
    EXPECT_LE(answer.length(), syn.length());
    EXPECT_TRUE(box.take(Side::kInside).empty());
    EXPECT_EQ(box.count(Reason::kSynChallengedByReset), 1U);
}

TEST_P(ChallengedByReset, AnAdmittedClientsFramesCrossByteForByte) {
    talk.client_sends(talk.syn());
    const FrameReader answer{box.take_only(Side::kOutside)};
    talk.client_sends(reset(answer.acknowledgment()));
    EXPECT_EQ(box.count(Reason::kSourceAdmitted), 1U);
    EXPECT_TRUE(box.take(Side::kInside).empty());
    EXPECT_TRUE(box.take(Side::kOutside).empty());

    talk.client_sends(talk.syn());
    EXPECT_EQ(box.take_only(Side::kInside), talk.syn());
    talk.server_sends(talk.syn_ack());
    EXPECT_EQ(box.take_only(Side::kOutside), talk.syn_ack());
    talk.accept(FrameReader{talk.syn_ack()});
    talk.answered();
    const Bytes third = talk.from_client(kAck);
    talk.client_sends(third);
    EXPECT_EQ(box.take_only(Side::kInside), third);
    EXPECT_EQ(box.count(Reason::kHandshakeCompleted), 1U);
    const Bytes request = talk.from_client(kAck | kPsh, 500);
    talk.client_sends(request);
    EXPECT_EQ(box.take_only(Side::kInside), request);
    const Bytes response = talk.from_server(kAck, 1300);
    talk.server_sends(response);
    EXPECT_EQ(box.take_only(Side::kOutside), response);
    talk.close();
}

// RFC 7413: data on a SYN does not come back in the answer, nor is any of it acknowledged.
TEST_P(ChallengedByReset, DataOnASynIsNotAcknowledged) {
    const Bytes syn =
        talk.to_server()
            .tcp(talk.style().client_port, talk.style().server_port, talk.style().client_isn)
            .flags(kSyn)
            .options(talk.offer_of_client().bytes())
            .payload(400)
            .bytes();
    talk.client_sends(syn);
    const FrameReader answer{box.take_only(Side::kOutside)};
    const std::uint32_t beyond = answer.acknowledgment() - talk.style().client_isn;
    EXPECT_TRUE(beyond == 0 || beyond > 65'536) << beyond;
    EXPECT_TRUE(answer.payload().empty());
}

TEST(ResetFlood, ASpoofedFloodIsAnsweredAndLeavesNothing) {
    RingBox box{by_reset()};
    std::uint64_t answered = 0;
    flood(box, FloodKind::kSyn, 100'000, [&](Side side, const Bytes& frame) {
        ASSERT_EQ(side, Side::kOutside);
        ASSERT_EQ(FrameReader{frame}.options().size(), 0U);
        ++answered;
    });
    flood(box, FloodKind::kRst, 20'000);
    flood(box, FloodKind::kAck, 20'000);
    EXPECT_EQ(answered, 100'000U);
    EXPECT_EQ(box.count(Reason::kSynChallengedByReset), 100'000U);
    EXPECT_EQ(box.count(Reason::kSourceAdmitted), 0U);
    EXPECT_EQ(box.sum(wire::Disposition::kForwarded), 0U);
    EXPECT_EQ(box.engine().workers()[0]->table().size(), 0U);
}

}  // namespace
}  // namespace synward::test
