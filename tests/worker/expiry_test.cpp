// SPDX-License-Identifier: BSD-3-Clause
//
// Segments that the box sends without a packet at hand: RSTs when a connection's time is over.
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

struct ExpiryCase {
    const char* name;
    Challenge challenge;
    Conversation::Style style;
};
void PrintTo(const ExpiryCase& expiry_case, std::ostream* out) {
    *out << expiry_case.name;
}
class ResetOnExpiry : public testing::TestWithParam<ExpiryCase> {};

INSTANTIATE_TEST_SUITE_P(
    , ResetOnExpiry,
    testing::Values(
        ExpiryCase{"Ipv4", Challenge::kNever, {}},
        ExpiryCase{"Ipv4Spliced", Challenge::kAlways, {}},
        ExpiryCase{"Ipv6OneTag", Challenge::kNever, {.ipv6 = true, .tags = 1}},
        ExpiryCase{"Ipv6TwoTagsSpliced", Challenge::kAlways, {.ipv6 = true, .tags = 2, .link = 1}},
        ExpiryCase{"Ipv4SecondLink", Challenge::kNever, {.tags = 1, .link = 1}}),
    CaseName{});

TEST_P(ResetOnExpiry, LooksLikeThePeersOwnToEachEnd) {
    defense::Policy policy = policy_with(GetParam().challenge);
    policy.on_expiry = defense::OnExpiry::kReset;
    policy.timeouts.established = std::chrono::seconds{5};
    RingBox box{policy, {.links = 2}};
    Conversation talk{box, GetParam().style};
    const std::uint16_t link = GetParam().style.link;
    GetParam().challenge == Challenge::kAlways ? talk.establish() : talk.establish_untouched();
    talk.expect_data_crosses();
    const FrameReader client{talk.from_client(kAck)};
    const FrameReader server{talk.from_server(kAck)};
    for (unsigned second = 0; second < 9; ++second) {
        box.advance(std::chrono::seconds{1});
    }
    struct End {
        Side side;
        const FrameReader& peer;
        std::uint32_t next;
    };
    for (const End& end : {End{Side::kInside, client, talk.client_next},
                           End{Side::kOutside, server, talk.server_next_at_client}}) {
        const FrameReader reset{box.take_only(end.side, link)};
        EXPECT_EQ(reset.flags(), kRst);
        EXPECT_EQ(reset.sequence(), end.next) << "the very next (RFC 5961 section 3)";
        EXPECT_EQ(reset.ethernet_source(), end.peer.ethernet_source());
        EXPECT_EQ(reset.ethernet_destination(), end.peer.ethernet_destination());
        EXPECT_EQ(reset.tags_and_type(), end.peer.tags_and_type());
        EXPECT_EQ(reset.ip_source(), end.peer.ip_source());
        EXPECT_EQ(reset.ip_destination(), end.peer.ip_destination());
        EXPECT_EQ(reset.source_port(), end.peer.source_port());
        EXPECT_EQ(reset.destination_port(), end.peer.destination_port());
        EXPECT_TRUE(reset.checksums_are_right());
        EXPECT_TRUE(reset.payload().empty());
        EXPECT_TRUE(box.take(end.side, 1 - link).empty());
    }
    EXPECT_EQ(box.count(Reason::kResetOnExpiryServer), 1U);
    EXPECT_EQ(box.count(Reason::kResetOnExpiryClient), 1U);
    EXPECT_EQ(box.engine().totals().originated_lost, 0U);
}

TEST(ResetOnEviction, FreesTheBacklogOfAFullTablesServer) {
    defense::Policy policy = policy_with(Challenge::kNever);
    policy.on_expiry = defense::OnExpiry::kReset;
    RingBox box{policy, {.flow_capacity = 64}};
    for (unsigned number = 0; number < 65; ++number) {
        Conversation talk{box, {.client_port = 1000 + number}};
        talk.client_sends(talk.syn());
        box.take(Side::kInside);
        if (number < 64) {
            talk.answer();
            box.take(Side::kOutside);
        }
        EXPECT_EQ(box.count(Reason::kResetOnEviction), number < 64 ? 0U : 1U);
    }
}

}  // namespace
}  // namespace synward::test
