// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/endpoint.h"

#include <array>

namespace synward::tcp {
namespace {

using State = EndpointState;
using Event = EndpointEvent;
using Row = std::array<State, kEndpointEventCount>;
using Table = std::array<Row, kEndpointStateCount>;

constexpr Table make_table() {
    Table table{};
    for (unsigned state = 0; state < kEndpointStateCount; ++state) {
        table[state].fill(static_cast<State>(state));
        table[state][static_cast<unsigned>(Event::kResets)] = State::kClosed;
    }
    const auto arrow = [&table](State from, Event event, State to) {
        table[static_cast<unsigned>(from)][static_cast<unsigned>(event)] = to;
    };
    // RFC 9293 figure 5, from the top. Opening:
    arrow(State::kClosed, Event::kSendsSyn, State::kSynSent);
    arrow(State::kListen, Event::kSendsSyn, State::kSynSent);
    arrow(State::kListen, Event::kSendsSynAck, State::kSynReceived);
    arrow(State::kSynSent, Event::kSendsSynAck, State::kSynReceived);  // simultaneous open
    arrow(State::kSynSent, Event::kAcknowledgesSyn, State::kEstablished);
    arrow(State::kSynReceived, Event::kReceivesAckOfSyn, State::kEstablished);
    // Closing first:
    arrow(State::kSynReceived, Event::kSendsFin, State::kFinWait1);
    arrow(State::kEstablished, Event::kSendsFin, State::kFinWait1);
    arrow(State::kFinWait1, Event::kReceivesAckOfFin, State::kFinWait2);
    arrow(State::kFinWait1, Event::kAcknowledgesFin, State::kClosing);
    arrow(State::kFinWait2, Event::kAcknowledgesFin, State::kTimeWait);
    arrow(State::kClosing, Event::kReceivesAckOfFin, State::kTimeWait);
    // Closing second:
    arrow(State::kSynReceived, Event::kAcknowledgesFin, State::kCloseWait);
    arrow(State::kEstablished, Event::kAcknowledgesFin, State::kCloseWait);
    arrow(State::kCloseWait, Event::kSendsFin, State::kLastAck);
    arrow(State::kLastAck, Event::kReceivesAckOfFin, State::kClosed);
    // RFC 1337: a RST does not end TIME_WAIT.
    arrow(State::kTimeWait, Event::kResets, State::kTimeWait);
    return table;
}

constexpr Table kTable = make_table();

}  // namespace

EndpointState next_state(EndpointState state, EndpointEvent event) {
    return kTable[static_cast<unsigned>(state)][static_cast<unsigned>(event)];
}

std::string_view name(EndpointState state) {
    static constexpr std::array<std::string_view, kEndpointStateCount> kNames{
        "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
        "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};
    return kNames[static_cast<unsigned>(state)];
}

}  // namespace synward::tcp
