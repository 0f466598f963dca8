// SPDX-License-Identifier: BSD-3-Clause
//
// What the control thread asks of a worker.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/ask.h"
#include "support/case_name.h"
#include "support/conversation.h"
#include "worker/flow_questions.h"

namespace synward::test {
namespace {

using defense::Challenge;
using tcp::EndpointState;
using wire::Reason;
using wire::Side;

wire::FourTuple tuple_of(const Conversation& talk) {
    const FrameReader frame{talk.syn()};
    const auto address = [&](const Bytes& bytes) {
        return bytes.size() == 4 ? wire::Address::from_ipv4(bytes.data())
                                 : wire::Address::from_ipv6(bytes.data());
    };
    return {address(frame.ip_source()), address(frame.ip_destination()),
            static_cast<std::uint16_t>(frame.source_port()),
            static_cast<std::uint16_t>(frame.destination_port())};
}

class Questions : public testing::Test {
  protected:
    void ask(worker::Question& question) {
        test::ask(box.engine(), 0, question, [this] { box.run(); });
    }
    /// All parts of a listing: how often each outside port was listed.
    std::map<unsigned, unsigned> listed(worker::ListFlows& list) {
        std::map<unsigned, unsigned> ports;
        do {
            list.go_on();
            ask(list);
            for (const flow::Flow& flow : list.records()) {
                ++ports[flow.tuple.outside_port];
            }
        } while (!list.is_at_end());
        return ports;
    }
    void open_connections(unsigned count) {
        for (unsigned number = 0; number < count; ++number) {
            Conversation talk{box, {.client_port = 1000 + number}};
            talk.establish_untouched();
        }
    }

    RingBox box{policy_with(Challenge::kOverBudget)};
};

TEST_F(Questions, ListingGivesEachFlowOnceWhateverItsParts) {
    open_connections(700);
    struct Parts {
        std::uint32_t flows;
        std::uint32_t places;
    };
    for (const Parts parts : {Parts{1024, 4096}, Parts{1024, 100}, Parts{1, 4096}, Parts{7, 13}}) {
        worker::ListFlows list{{}, parts.flows, parts.places};
        const auto ports = listed(list);
        EXPECT_EQ(ports.size(), 700U);
        for (const auto& [port, times] : ports) {
            EXPECT_EQ(times, 1U) << port;
        }
    }
}

TEST_F(Questions, ListingOfAnEmptyTableEndsAtOnce) {
    worker::ListFlows list{{}, 16, 16};
    ask(list);
    EXPECT_TRUE(list.is_at_end());
    EXPECT_TRUE(list.records().empty());
}

TEST_F(Questions, AFilterThatNothingFitsGoesThroughAllParts) {
    open_connections(100);
    flow::Filter filter;
    filter.require_port(1);
    worker::ListFlows list{filter, 4, 16};
    EXPECT_TRUE(listed(list).empty());
}

TEST_F(Questions, WhatStaysIsListedOnceWhileOthersComeAndGo) {
    open_connections(600);
    worker::ListFlows list{{}, 32, 32};
    std::map<unsigned, unsigned> ports;
    unsigned round = 0;
    do {
        list.go_on();
        ask(list);
        for (const flow::Flow& flow : list.records()) {
            ++ports[flow.tuple.outside_port];
        }
        // One goes and another takes its place.
        worker::KillFlow kill{tuple_of(Conversation{box, {.client_port = 1000 + round}})};
        ask(kill);
        EXPECT_TRUE(kill.flow().has_value());
        Conversation talk{box, {.client_port = 5000 + round}};
        box.take(Side::kOutside);
        box.take(Side::kInside);
        talk.establish_untouched();
        ++round;
    } while (!list.is_at_end());
    EXPECT_GT(round, 10U);
    for (unsigned port = 1000 + round; port < 1600; ++port) {
        EXPECT_EQ(ports[port], 1U) << port;
    }
}

TEST_F(Questions, AWorkerWithPacketsLooksAtFewPlacesInATurn) {
    open_connections(1000);
    Conversation talk{box};
    talk.establish_untouched();
    worker::ListFlows list{{}, 1024, 4096};
    worker::QuestionBox& questions = box.engine().workers()[0]->questions();
    questions.ask(list);
    unsigned turns = 0;
    while (questions.take_answered() == nullptr) {
        for (unsigned packet = 0; packet < 64; ++packet) {
            box.inject(Side::kOutside, talk.from_client(kAck, 1));
        }
        box.engine().turn();
        ++turns;
    }
    EXPECT_GE(turns, 1001U * 4 / 64);
    box.run();
}

TEST_F(Questions, FindsOneFlowAsItIs) {
    Conversation talk{box, {.ipv6 = true}};
    talk.establish_untouched();
    talk.client_sends(talk.from_client(kAck | kFin));
    worker::FindFlow find{tuple_of(talk)};
    ask(find);
    ASSERT_TRUE(find.flow().has_value());
    EXPECT_EQ(find.flow()->tuple, tuple_of(talk));
    EXPECT_EQ(find.flow()->state(Side::kOutside), EndpointState::kFinWait1);
    worker::FindFlow other{tuple_of(Conversation{box, {.client_port = 2}})};
    ask(other);
    EXPECT_FALSE(other.flow().has_value());
}

struct KillCase {
    const char* name;
    Challenge challenge;
    Conversation::Style style;
};
void PrintTo(const KillCase& kill_case, std::ostream* out) {
    *out << kill_case.name;
}
class KillOpen : public testing::TestWithParam<KillCase> {};

// RFC 5961 section 3: a RST counts at the very next sequence number.
TEST_P(KillOpen, ResetsBothEndsWithTheNumbersThatEachExpects) {
    RingBox box{policy_with(GetParam().challenge)};
    Conversation talk{box, GetParam().style};
    GetParam().challenge == Challenge::kAlways ? talk.establish() : talk.establish_untouched();
    talk.expect_data_crosses();
    worker::KillFlow kill{tuple_of(talk)};
    ask(box.engine(), 0, kill, [&] { box.run(); });
    ASSERT_TRUE(kill.flow().has_value());
    EXPECT_TRUE(kill.is_outside_reset());
    EXPECT_TRUE(kill.is_inside_reset());
    const FrameReader at_server{box.take_only(Side::kInside)};
    const FrameReader at_client{box.take_only(Side::kOutside)};
    EXPECT_EQ(at_server.flags(), kRst);
    EXPECT_EQ(at_client.flags(), kRst);
    EXPECT_EQ(at_server.sequence(), talk.client_next);
    EXPECT_EQ(at_client.sequence(), talk.server_next_at_client);
    EXPECT_TRUE(at_server.checksums_are_right());
    EXPECT_TRUE(at_client.checksums_are_right());
    EXPECT_EQ(box.count(Reason::kResetByOperatorServer), 1U);
    EXPECT_EQ(box.count(Reason::kResetByOperatorClient), 1U);
    EXPECT_EQ(box.engine().workers()[0]->table().size(), 0U);
    // It is gone: its ports begin anew like any others.
    Conversation again{box, GetParam().style};
    GetParam().challenge == Challenge::kAlways ? again.establish() : again.establish_untouched();
}

INSTANTIATE_TEST_SUITE_P(
    , KillOpen,
    testing::Values(KillCase{"Ipv4", Challenge::kOverBudget, {}},
                    KillCase{"Ipv6Spliced", Challenge::kAlways, {.ipv6 = true, .tags = 1}}),
    CaseName{});

/// A half-open connection of which nothing but the SYN has passed, or its answer too.
class KillHalfOpen : public testing::TestWithParam<bool> {};

// RFC 9293 sections 3.10.7.3 and 3.10.7.4.
TEST_P(KillHalfOpen, GivesItsCreditBackAndTellsWhomItCan) {
    RingBox box{policy_with(Challenge::kOverBudget)};
    Conversation earlier{box};  // by which the box knows the way to the server
    earlier.establish_untouched();
    const auto& service = box.engine().workers()[0]->defender().services()[0];
    const std::uint32_t credits = service.credits_left();
    Conversation talk{box, {.client_port = 50'000}};
    talk.client_sends(talk.syn());
    box.take(Side::kInside);
    const bool is_answered = GetParam();
    if (is_answered) {
        talk.answer();
        box.take(Side::kOutside);
    }
    worker::KillFlow kill{tuple_of(talk)};
    ask(box.engine(), 0, kill, [&] { box.run(); });
    ASSERT_TRUE(kill.flow().has_value());
    EXPECT_TRUE(kill.is_outside_reset());
    EXPECT_EQ(kill.is_inside_reset(), is_answered);
    const FrameReader at_client{box.take_only(Side::kOutside)};
    EXPECT_EQ(at_client.flags(), kRst | kAck);
    EXPECT_EQ(at_client.acknowledgment(), talk.style().client_isn + 1) << "counts in SYN-SENT";
    if (is_answered) {
        EXPECT_EQ(at_client.sequence(), talk.style().server_isn + 1) << "counts in ESTABLISHED";
        const FrameReader at_server{box.take_only(Side::kInside)};
        EXPECT_EQ(at_server.sequence(), talk.style().client_isn + 1) << "counts in SYN-RECEIVED";
        EXPECT_NE(at_server.flags() & kRst, 0U);
    }
    EXPECT_EQ(service.credits_left(), credits);
}

INSTANTIATE_TEST_SUITE_P(, KillHalfOpen, testing::Bool(), [](const auto& answered) {
    return answered.param ? "AnsweredByTheServer" : "NotAnswered";
});

TEST(KillConnecting, ResetsTheClientAndDropsWhatIsHeld) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(100);
    box.take(Side::kInside);
    ASSERT_EQ(box.engine().totals().held_now, 1U);
    worker::KillFlow kill{tuple_of(talk)};
    ask(box.engine(), 0, kill, [&] { box.run(); });
    EXPECT_TRUE(kill.is_outside_reset());
    EXPECT_FALSE(kill.is_inside_reset());
    const FrameReader at_client{box.take_only(Side::kOutside)};
    EXPECT_EQ(at_client.flags(), kRst | kAck);
    EXPECT_EQ(at_client.sequence(), talk.server_next_at_client);
    EXPECT_EQ(box.count(Reason::kKilled), 1U);
    EXPECT_EQ(box.count(Reason::kResetByOperatorClient), 1U);
    EXPECT_EQ(box.engine().totals().held_now, 0U);
}

}  // namespace
}  // namespace synward::test
