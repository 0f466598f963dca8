// SPDX-License-Identifier: BSD-3-Clause
//
// Ports that refuse connections: what is learned of them, here and by other workers, and what
// becomes of the SYNs of further clients.
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {

using wire::Reason;
using wire::Segment;

tcp::Block Defender::port_key(const Segment& segment) const {
    wire::FourTuple inside;
    inside.inside_address = segment.tuple.inside_address;
    inside.inside_port = segment.tuple.inside_port;
    return hasher_(inside);
}

void Defender::note_refusal(const Segment& segment) {
    learn({.key = port_key(segment), .at = now_, .port = segment.tuple.inside_port},
          Teller::kServer);
}

void Defender::note_refusal_again(const Segment& segment) {
    if (refused_ports_.knows_any(segment.tuple.inside_port, now_) &&
        refused_ports_.has(port_key(segment))) {
        note_refusal(segment);
    }
}

void Defender::note_open(const Segment& segment) {
    if (refused_ports_.knows_any(segment.tuple.inside_port, now_)) {
        const PortNews news{.key = port_key(segment),
                            .at = now_,
                            .port = segment.tuple.inside_port,
                            .is_open = true};
        if (refused_ports_.has(news.key)) {
            learn(news, Teller::kServer);
        }
    }
}

void Defender::learn(const PortNews& news, Teller teller) {
    if (news.is_open) {
        refused_ports_.forget(news.key);
    } else {
        refused_ports_.remember(news.key, news.port, news.at);
    }
    if (teller == Teller::kServer && surroundings_.workers > 1) {
        port_news_.add(news);
    }
}

std::optional<Verdict> Defender::verdict_by_port(const Arrival& arrival, ServiceIndex service,
                                                 const wire::HandshakeOptions& offered) {
    const Segment& segment = arrival.segment;
    if (!refused_ports_.knows_any(segment.tuple.inside_port, now_)) {
        return std::nullopt;
    }
    const bool may_pass = arrival.flow == nullptr && table_.size() != table_.capacity();
    switch (refused_ports_.consult(port_key(segment), may_pass, now_)) {
        case RefusedPorts::Advice::kNothingKnown:
            return std::nullopt;
        case RefusedPorts::Advice::kRefuse:
            return Verdict{.action = Action::kAnswerRefused,
                           .reason = Reason::kSynRefused,
                           .acknowledgment = segment.end()};
        case RefusedPorts::Advice::kAsk:
            break;
    }
    return let_syn_pass(arrival, service, offered, false, Reason::kSynAsks);
}

}  // namespace synward::defense
