// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/endpoint.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "support/case_name.h"

namespace synward::tcp {
namespace {

using State = EndpointState;
using Event = EndpointEvent;

constexpr std::array kStates{State::kClosed,      State::kListen,      State::kSynSent,
                             State::kSynReceived, State::kEstablished, State::kFinWait1,
                             State::kFinWait2,    State::kCloseWait,   State::kClosing,
                             State::kLastAck,     State::kTimeWait};
constexpr std::array kEvents{Event::kSendsSyn,        Event::kSendsSynAck, Event::kReceivesAckOfSyn,
                             Event::kAcknowledgesSyn, Event::kSendsFin,    Event::kReceivesAckOfFin,
                             Event::kAcknowledgesFin, Event::kResets};
static_assert(kStates.size() == kEndpointStateCount && kEvents.size() == kEndpointEventCount);

/// The arrows of figure 5 as the figure labels them, in its order, and the two that its note 2 and
/// section 3.10.7 add. "passive OPEN", "CLOSE" without a segment, and timeouts show nothing on the
/// wire and are not here.
const std::map<std::pair<State, Event>, State> kFigure5{
    {{State::kClosed, Event::kSendsSyn}, State::kSynSent},
    {{State::kListen, Event::kSendsSyn}, State::kSynSent},
    {{State::kListen, Event::kSendsSynAck}, State::kSynReceived},
    {{State::kSynSent, Event::kSendsSynAck}, State::kSynReceived},
    {{State::kSynSent, Event::kAcknowledgesSyn}, State::kEstablished},
    {{State::kSynReceived, Event::kReceivesAckOfSyn}, State::kEstablished},
    {{State::kSynReceived, Event::kSendsFin}, State::kFinWait1},
    {{State::kEstablished, Event::kSendsFin}, State::kFinWait1},
    {{State::kEstablished, Event::kAcknowledgesFin}, State::kCloseWait},
    {{State::kFinWait1, Event::kReceivesAckOfFin}, State::kFinWait2},
    {{State::kFinWait1, Event::kAcknowledgesFin}, State::kClosing},
    {{State::kCloseWait, Event::kSendsFin}, State::kLastAck},
    {{State::kFinWait2, Event::kAcknowledgesFin}, State::kTimeWait},
    {{State::kClosing, Event::kReceivesAckOfFin}, State::kTimeWait},
    {{State::kLastAck, Event::kReceivesAckOfFin}, State::kClosed},
    // Section 3.10.7.4, "eighth, check the FIN bit": SYN-RECEIVED enters CLOSE-WAIT.
    {{State::kSynReceived, Event::kAcknowledgesFin}, State::kCloseWait},
};

TEST(Endpoint, MovesByRfc9293Figure5AndByNothingElse) {
    for (const State state : kStates) {
        for (const Event event : kEvents) {
            if (event == Event::kResets) {
                continue;
            }
            const auto arrow = kFigure5.find({state, event});
            EXPECT_EQ(next_state(state, event), arrow == kFigure5.end() ? state : arrow->second)
                << name(state) << ", event " << static_cast<unsigned>(event);
        }
    }
}

TEST(Endpoint, IsClosedByAResetButInTimeWaitRfc1337) {
    for (const State state : kStates) {
        EXPECT_EQ(next_state(state, Event::kResets),
                  state == State::kTimeWait ? State::kTimeWait : State::kClosed)
            << name(state);
    }
}

struct Life {
    const char* name;
    State from;
    std::vector<std::pair<Event, State>> events;
};
void PrintTo(const Life& life, std::ostream* out) {
    *out << life.name;
}

class EndpointLife : public testing::TestWithParam<Life> {};

TEST_P(EndpointLife, GoesAsRfc9293Says) {
    State state = GetParam().from;
    for (const auto& [event, expected] : GetParam().events) {
        state = next_state(state, event);
        EXPECT_EQ(state, expected) << name(state) << " instead of " << name(expected);
    }
}

INSTANTIATE_TEST_SUITE_P(
    , EndpointLife,
    testing::Values(Life{"ClientClosesFirst_Section3_5_Figure6_Section3_6_Figure12",
                         State::kClosed,
                         {{Event::kSendsSyn, State::kSynSent},
                          {Event::kAcknowledgesSyn, State::kEstablished},
                          {Event::kSendsFin, State::kFinWait1},
                          {Event::kReceivesAckOfFin, State::kFinWait2},
                          {Event::kAcknowledgesFin, State::kTimeWait}}},
                    Life{"ServerClosesSecond_Section3_6_Figure12",
                         State::kListen,
                         {{Event::kSendsSynAck, State::kSynReceived},
                          {Event::kReceivesAckOfSyn, State::kEstablished},
                          {Event::kAcknowledgesFin, State::kCloseWait},
                          {Event::kSendsFin, State::kLastAck},
                          {Event::kReceivesAckOfFin, State::kClosed}}},
                    Life{"SimultaneousOpen_Section3_5_Figure7",
                         State::kClosed,
                         {{Event::kSendsSyn, State::kSynSent},
                          {Event::kSendsSynAck, State::kSynReceived},
                          {Event::kReceivesAckOfSyn, State::kEstablished}}},
                    Life{"SimultaneousClose_Section3_6_Figure13",
                         State::kEstablished,
                         {{Event::kSendsFin, State::kFinWait1},
                          {Event::kAcknowledgesFin, State::kClosing},
                          {Event::kReceivesAckOfFin, State::kTimeWait}}},
                    Life{"OldDuplicateSyn_Section3_5_Figure9",
                         State::kListen,
                         {{Event::kSendsSynAck, State::kSynReceived},
                          {Event::kResets, State::kClosed}}},
                    Life{"RetransmissionsMoveNothing",
                         State::kClosed,
                         {{Event::kSendsSyn, State::kSynSent},
                          {Event::kSendsSyn, State::kSynSent},
                          {Event::kAcknowledgesSyn, State::kEstablished},
                          {Event::kAcknowledgesSyn, State::kEstablished},
                          {Event::kSendsFin, State::kFinWait1},
                          {Event::kSendsFin, State::kFinWait1},
                          {Event::kReceivesAckOfFin, State::kFinWait2},
                          {Event::kReceivesAckOfFin, State::kFinWait2}}}),
    test::CaseName{});

TEST(Endpoint, HasSentItsFinInTheStatesBehindOne) {
    const std::set<State> behind{State::kFinWait1, State::kFinWait2, State::kClosing,
                                 State::kLastAck,  State::kTimeWait, State::kClosed};
    const std::set<State> both_ways{State::kClosing, State::kLastAck, State::kTimeWait,
                                    State::kClosed};
    for (const State state : kStates) {
        EXPECT_EQ(has_sent_fin(state), behind.contains(state)) << name(state);
        EXPECT_EQ(has_closed_both_ways(state), both_ways.contains(state)) << name(state);
    }
}

TEST(Endpoint, HasTheNamesOfRfc9293Section3_3_2) {
    std::set<std::string_view> names;
    for (const State state : kStates) {
        names.insert(name(state));
    }
    EXPECT_EQ(names, (std::set<std::string_view>{
                         "CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
                         "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"}));
    EXPECT_EQ(name(State::kSynReceived), "SYN_RCVD");
    EXPECT_EQ(name(State::kTimeWait), "TIME_WAIT");
}

}  // namespace
}  // namespace synward::tcp
