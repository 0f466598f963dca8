// SPDX-License-Identifier: BSD-3-Clause
//
// The box's questions to servers as frames, and the worker to which their answers come back.
#include <gtest/gtest.h>

#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

defense::Policy asking() {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.services[0].probe = true;
    return policy;
}

class Probe : public testing::TestWithParam<Dialogue::Style> {};

INSTANTIATE_TEST_SUITE_P(, Probe,
                         testing::Values(Dialogue::Style{},
                                         Dialogue::Style{.ipv6 = true, .tags = 2}));

TEST_P(Probe, GoesToTheServerAndItsAnswerNoFurtherThanTheBox) {
    RingBox box{asking()};
    Conversation talk{box, GetParam()};
    talk.challenge();
    const FrameReader syn{talk.syn()};
    const FrameReader probe{box.take_only(Side::kInside)};
    EXPECT_EQ(probe.flags(), kSyn | kEce | kCwr);
    EXPECT_EQ(probe.ethernet_source(), syn.ethernet_source());
    EXPECT_EQ(probe.ethernet_destination(), syn.ethernet_destination());
    EXPECT_EQ(probe.tags_and_type(), syn.tags_and_type());
    EXPECT_EQ(probe.ip_source(), syn.ip_source());
    EXPECT_EQ(probe.ip_destination(), syn.ip_destination());
    EXPECT_EQ(probe.destination_port(), syn.destination_port());
    EXPECT_EQ(probe.options().size(), 20U) << "MSS, SACK permitted, time stamps, window scale";
    EXPECT_TRUE(probe.checksums_are_right());

    Conversation asked{box,
                       {.ipv6 = GetParam().ipv6,
                        .tags = GetParam().tags,
                        .client_port = probe.source_port(),
                        .client_isn = probe.sequence()}};
    asked.server_sends(asked.syn_ack());
    const FrameReader reset{box.take_only(Side::kInside)};
    EXPECT_EQ(reset.flags(), kRst);
    EXPECT_EQ(reset.sequence(), probe.sequence() + 1);
    EXPECT_EQ(reset.source_port(), probe.source_port());
    EXPECT_TRUE(reset.checksums_are_right());
    EXPECT_TRUE(box.take(Side::kOutside).empty()) << "the client never sees it";
    EXPECT_EQ(box.count(Reason::kProbe), 1U);
    EXPECT_EQ(box.count(Reason::kProbeAnswered), 1U);
}

TEST(ProbeSteering, BringsTheAnswerToTheWorkerThatAsked) {
    constexpr std::uint16_t kWorkers = 4;
    RingBox box{asking(), {.workers = kWorkers, .queues = kWorkers}};
    // Each worker is asked by clients of its own; once its question is answered it has learned.
    for (unsigned number = 0; number < 64; ++number) {
        Conversation talk{box, {.client_port = 20'000 + number}};
        talk.client_sends(talk.syn());
        box.take(Side::kOutside);
        for (const Bytes& frame : box.take(Side::kInside)) {
            const FrameReader probe{frame};
            Conversation asked{
                box, {.client_port = probe.source_port(), .client_isn = probe.sequence()}};
            asked.server_sends(asked.syn_ack());
            box.take(Side::kInside);
        }
        box.advance(std::chrono::milliseconds{150});
    }
    EXPECT_EQ(box.count(Reason::kProbe), kWorkers) << "no worker asked again";
    EXPECT_EQ(box.count(Reason::kProbeAnswered), kWorkers);
}

}  // namespace
}  // namespace synward::test
