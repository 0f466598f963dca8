// SPDX-License-Identifier: BSD-3-Clause
//
// Connections that are not challenged, those that are when the budget is spent, and the change
// from one to the other.
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

TEST(Unchallenged, ConnectionCrossesByteForByte) {
    for (const Challenge challenge :
         {Challenge::kNever, Challenge::kMonitor, Challenge::kOverBudget}) {
        RingBox box{policy_with(challenge)};
        for (const bool ipv6 : {false, true}) {
            Conversation talk{box, {.ipv6 = ipv6, .tags = ipv6 ? 1U : 0U}};
            talk.establish_untouched();
            const Bytes request = talk.from_client(kAck | kPsh, 500);
            talk.client_sends(request);
            EXPECT_EQ(box.take_only(Side::kInside), request);
            const Bytes response = talk.from_server(kAck, 1300);
            talk.server_sends(response);
            EXPECT_EQ(box.take_only(Side::kOutside), response);
            talk.close();
        }
        EXPECT_EQ(box.sum(wire::Disposition::kAnswered), 0U);
        EXPECT_EQ(box.sum(wire::Disposition::kDropped), 0U);
        EXPECT_EQ(box.count(Reason::kHandshakeCompleted), 2U);
    }
}

TEST(OverBudget, ChallengesWhatTheBudgetDoesNotCover) {
    constexpr unsigned kBudget = 3;
    RingBox box{policy_with(Challenge::kOverBudget, kBudget)};
    for (unsigned client = 1; client <= 10; ++client) {
        Conversation talk{box, {.client = client}};
        talk.client_sends(talk.syn());
    }
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), kBudget);
    EXPECT_EQ(box.count(Reason::kSynChallenged), 10 - kBudget);
    EXPECT_EQ(box.take(Side::kInside).size(), kBudget);
    EXPECT_EQ(box.take(Side::kOutside).size(), 10 - kBudget);
}

// The look-up of a batch comes before its decisions.
TEST(OverBudget, SegmentsOfOneBatchSeeTheFlowsThatItHasMadeAndRemoved) {
    RingBox box{policy_with(Challenge::kOverBudget)};
    Conversation talk{box};
    box.inject(Side::kOutside, talk.syn());
    box.inject(Side::kOutside, talk.syn());
    box.inject(Side::kOutside,
               talk.to_server().tcp(40'000, 80, talk.client_next + 1).flags(kRst).bytes());
    box.inject(Side::kOutside, talk.syn());
    box.run();
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), 2U);
    EXPECT_EQ(box.count(Reason::kSynRetransmitted), 1U);
    EXPECT_EQ(box.take(Side::kInside).size(), 4U);
}

TEST(OverBudget, ClientsThatCompleteMeetNoChallengeHoweverMany) {
    RingBox box{policy_with(Challenge::kOverBudget, 1)};
    for (unsigned client = 1; client <= 500; ++client) {
        Conversation talk{box, {.client = client}};
        talk.establish_untouched();
    }
    EXPECT_EQ(box.count(Reason::kSynChallenged), 0U);
}

TEST(OverBudget, CreditsComeBackByRefusalAndByTimeout) {
    defense::Policy policy = policy_with(Challenge::kOverBudget, 1);
    RingBox box{policy};
    auto next_syn = [&, client = 0U]() mutable {
        Conversation talk{box, {.client = ++client}};
        talk.client_sends(talk.syn());
        return talk;
    };
    Conversation refused = next_syn();
    refused.server_sends(refused.to_client()
                             .tcp(80, 40'000, 0, refused.style().client_isn + 1)
                             .flags(kRst | kAck)
                             .bytes());
    EXPECT_EQ(box.count(Reason::kServerRefused), 1U);
    next_syn();
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), 2U);
    next_syn();
    EXPECT_EQ(box.count(Reason::kSynChallenged), 1U);
    box.advance(policy.timeouts.half_open + std::chrono::seconds{3});
    next_syn();
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), 3U);
}

TEST(OverBudget, ConnectionsOfBothKindsSurviveTheFlood) {
    defense::Policy policy = policy_with(Challenge::kOverBudget, 100);
    policy.remembered_syns = 0;  // else the spoofed clients' SYN-ACKs come again between the rest
    RingBox box{policy, {.flow_capacity = 4096}};
    Conversation before{box, {.client = 1}};
    before.establish_untouched();

    flood(box, FloodKind::kSyn, 5000);
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), 100U + 1);
    EXPECT_EQ(box.count(Reason::kSynChallenged), 4900U);
    Conversation during{box, {.client = 2}};
    during.establish();
    before.expect_data_crosses();
    during.expect_data_crosses();
    box.advance(std::chrono::seconds{20});  // the spoofed handshakes come to nothing
    Conversation after{box, {.client = 3}};
    after.establish_untouched();
    for (Conversation* const talk : {&before, &during, &after}) {
        talk->expect_data_crosses();
        talk->close();
    }
}

TEST(Monitor, CountsAndPassesEverything) {
    RingBox box{policy_with(Challenge::kMonitor, 10), {.flow_capacity = 4096}};
    flood(box, FloodKind::kSyn, 1000);
    EXPECT_EQ(box.count(Reason::kSynWithinBudget), 10U);
    EXPECT_EQ(box.count(Reason::kSynMonitored), 990U);
    // The same addresses again, now in half-open connections.
    flood(box, FloodKind::kAck, 500);
    flood(box, FloodKind::kRst, 500);
    flood(box, FloodKind::kMixed, 500);
    EXPECT_EQ(box.sum(wire::Disposition::kDropped), 0U);
    EXPECT_EQ(box.collected(), 2500U);
}

struct ModeCase {
    const char* name;
    Challenge challenge;
};
void PrintTo(const ModeCase& mode_case, std::ostream* out) {
    *out << mode_case.name;
}
/// A table that established connections fill, and a flood beside them.
class FullTable : public testing::TestWithParam<ModeCase> {
  protected:
    static constexpr std::uint32_t kCapacity = 1024;
    static constexpr std::uint32_t kFlood = 100'000;

    void establish(unsigned connections) {
        for (unsigned client = 1; client <= connections; ++client) {
            talks.push_back({box, {.ipv6 = client % 2 == 0, .client = client}});
            GetParam().challenge == Challenge::kAlways ? talks.back().establish()
                                                       : talks.back().establish_untouched();
        }
        ASSERT_EQ(box.engine().workers()[0]->table().size(), connections);
    }
    void expect_all_carry_data() {
        for (Conversation& talk : talks) {
            talk.expect_data_crosses();
        }
    }
    RingBox box{policy_with(GetParam().challenge), {.flow_capacity = kCapacity}};
    std::vector<Conversation> talks;
};

TEST_P(FullTable, NoEstablishedConnectionIsLost) {
    establish(kCapacity);
    const std::uint64_t challenged_before = box.count(Reason::kSynChallenged);
    std::uint64_t passed = 0;
    flood(box, FloodKind::kSyn, kFlood,
          [&](Side side, const Bytes&) { passed += side == Side::kInside ? 1U : 0U; });
    if (GetParam().challenge == Challenge::kNever) {
        // Undefended services do without flows: nothing is refused, and the counters say so.
        EXPECT_EQ(passed, kFlood);
        EXPECT_EQ(box.count(Reason::kWithoutFlow), kFlood);
    } else {
        EXPECT_EQ(passed, 0U);
        EXPECT_EQ(box.count(Reason::kSynChallenged), challenged_before + kFlood);
    }
    flood(box, FloodKind::kMixed, kFlood / 10);
    EXPECT_EQ(box.engine().workers()[0]->table().size(), kCapacity);
    expect_all_carry_data();
}

TEST_P(FullTable, HalfOpenConnectionsGiveWay) {
    establish(kCapacity - 24);
    flood(box, FloodKind::kSyn, kFlood);
    expect_all_carry_data();
    Conversation late{box, {.client = 2000}};
    GetParam().challenge == Challenge::kNever ? late.establish_untouched() : late.establish();
    late.expect_data_crosses();
    expect_all_carry_data();
}

INSTANTIATE_TEST_SUITE_P(, FullTable,
                         testing::Values(ModeCase{"Always", Challenge::kAlways},
                                         ModeCase{"OverBudget", Challenge::kOverBudget},
                                         ModeCase{"Never", Challenge::kNever}),
                         CaseName{});

}  // namespace
}  // namespace synward::test
