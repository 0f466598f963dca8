// SPDX-License-Identifier: BSD-3-Clause
//
// The answer to a SYN that carries a cookie.
#include <algorithm>
#include <bit>

#include "defense/defender.h"
#include "defense/verdicts.h"
#include "wire/usual_frame.h"
#include "wire/usual_options.h"

namespace synward::defense {
namespace {

using tcp::kDefaultMssIpv4;
using tcp::kDefaultMssIpv6;
using tcp::kNoWindowScale;
using wire::Reason;
using wire::Segment;

/// What of a SYN's options the cookie is to carry: what the server offers as well.
tcp::ClientOptions client_options(const Segment& segment, bool is_ipv4,
                                  const wire::HandshakeOptions& offered, const ServerOffer& offer) {
    tcp::ClientOptions client;
    client.mss = offered.mss.value_or(is_ipv4 ? kDefaultMssIpv4 : kDefaultMssIpv6);
    if (offered.window_scale && offer.window_scale != kNoWindowScale) {
        client.window_scale = *offered.window_scale;
    }
    client.sack = offered.sack_permitted && offer.sack;
    client.ecn = segment.is_ecn_setup_syn() && offer.ecn;
    return client;
}

}  // namespace

Verdict Defender::answer_with_cookie(const Arrival& arrival, ServiceIndex service,
                                     const wire::HandshakeOptions& offered) {
    Verdict verdict;
    const Segment& segment = arrival.segment;
    const bool is_ipv4 = segment.is_ipv4();
    ServiceState& state = services_[service];
    const OfferRecord& record = offers_of(service, segment.tuple.inside_address);
    probe_if_unknown(arrival, service, record);
    const ServerOffer& offer = record.promised(keys_.current());

    const bool timestamps = offered.timestamps && offer.timestamps;
    tcp::ClientOptions client = client_options(segment, is_ipv4, offered, offer);
    if (!timestamps) {
        // What the cookie cannot remember is not agreed to.
        client = tcp::CookieKeys::carried(client, is_ipv4, false);
    }
    const tcp::Cookie cookie =
        keys_.issue(arrival.hash, is_ipv4, segment.sequence, client, timestamps);
    state.cookie_issued(keys_.current());
    state.figures().challenged.add(1);
    has_issued_[keys_.current() % 2] = true;

    verdict.action = Action::kAnswerSyn;
    verdict.reason = Reason::kSynChallenged;
    verdict.ecn = client.ecn;
    verdict.sequence = cookie.sequence;
    verdict.acknowledgment = segment.sequence + 1;  // never the SYN's data
    // Each option only if the SYN had it, so that the answer is not larger than the SYN.
    if (offered.mss) {
        verdict.options.mss = offer.mss;
    }
    if (client.window_scale != kNoWindowScale) {
        verdict.options.window_scale = offer.window_scale;
    }
    verdict.options.sack_permitted = client.sack;
    if (timestamps) {
        verdict.options.timestamps = {cookie.timestamp_value, offered.timestamps->value};
    }
    // What the client sends before the server answers must have room here.
    if (connecting_.has_room()) {
        verdict.window = full_window(offer);
    }
    verdict.remembered = remembered_syns_.remember(arrival.hash, verdict.acknowledgment, now_);
    if (wire::is_usual_syn(segment)) {
        keep_template(segment.tuple, state, record);
    }
    return verdict;
}

void Defender::keep_template(const wire::FourTuple& tuple, ServiceState& state,
                             const OfferRecord& record) {
    const ServerOffer& offer = record.promised(keys_.current());
    tcp::Time known_until = tcp::Time::max();
    if (state.probes()) {
        const bool is_own = &record != &state.offers(true);
        const auto heard_at = record.heard_at();
        known_until = is_own && heard_at ? *heard_at + ProbePace::kFresh : tcp::Time::min();
    }
    const wire::LinuxOptionsText options{{.mss = offer.mss,
                                          .window_scale = offer.window_scale,
                                          .sack_permitted = true,
                                          .timestamps = wire::Timestamps{}}};
    floods_.keep(tuple,
                 AnswerTemplate{.words = {.options_head = std::bit_cast<wire::Big32>(
                                              static_cast<std::uint32_t>(options.head)),
                                          .options_tail = std::bit_cast<wire::Big32>(options.tail),
                                          .window = wire::Big32::from_host(full_window(offer)),
                                          .nothing = {}},
                                .service = &state,
                                .figures = &state.figures(),
                                .known_until = known_until,
                                .takes_options = offer.sack && offer.timestamps &&
                                                 offer.window_scale != kNoWindowScale,
                                .is_always_challenged = state.always_answers_every_syn()});
}

std::uint16_t Defender::full_window(const ServerOffer& offer) const {
    return static_cast<std::uint16_t>(
        std::min(0xffffU, connecting_.segments_per_connection() * unsigned{offer.mss}));
}

}  // namespace synward::defense
