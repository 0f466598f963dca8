// SPDX-License-Identifier: BSD-3-Clause
//
// The answer to a SYN that carries a cookie: one by one, and for the SYNs of which floods consist
// many at a time.
#include <algorithm>
#include <array>
#include <new>

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

constexpr std::size_t kHeader = sizeof(wire::TcpHeader);
constexpr std::size_t kOptionsAt = wire::kUsualTcpOffset + kHeader;
constexpr std::size_t kLinuxOptions = wire::kLinuxOptionsLength;

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

/// Of a SYN with Linux's options or none.
inline bool checksums_are_right(const std::uint8_t* frame, bool is_linux) {
    return (is_linux ? wire::usual_header_checksum_is_right<kHeader + kLinuxOptions>(frame)
                     : wire::usual_header_checksum_is_right<kHeader>(frame)) &&
           wire::usual_ipv4_checksum_is_right(frame);
}

}  // namespace

tcp::CookieDraft Defender::draft_answer(const Arrival& arrival, ServiceIndex service,
                                        const wire::HandshakeOptions& offered, Verdict& verdict) {
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
    const tcp::CookieDraft draft =
        keys_.draft(arrival.hash, is_ipv4, segment.sequence, client, timestamps);
    state.cookie_issued(keys_.current());
    state.figures().challenged.add(1);
    has_issued_[keys_.current() % 2] = true;

    verdict.action = Action::kAnswerSyn;
    verdict.reason = Reason::kSynChallenged;
    verdict.ecn = client.ecn;
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
        verdict.options.timestamps = {draft.timestamp_value, offered.timestamps->value};
    }
    // What the client sends before the server answers must have room here.
    if (connecting_.has_room()) {
        verdict.window = full_window(offer);
    }
    verdict.remembered = remembered_syns_.remember(arrival.hash, verdict.acknowledgment, now_);
    if (wire::is_usual_syn(segment)) {
        keep_template(segment.tuple, state, record);
    }
    return draft;
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
    answer_templates_.keep(tuple, {.service = &state,
                                   .figures = &state.figures(),
                                   .known_until = known_until,
                                   .mss = offer.mss,
                                   .window = full_window(offer),
                                   .scale = offer.window_scale,
                                   .takes_options = offer.sack && offer.timestamps &&
                                                    offer.window_scale != kNoWindowScale});
}

std::uint16_t Defender::full_window(const ServerOffer& offer) const {
    return static_cast<std::uint16_t>(
        std::min(0xffffU, connecting_.segments_per_connection() * unsigned{offer.mss}));
}

Verdict Defender::answer_with_cookie(const Arrival& arrival, ServiceIndex service,
                                     const wire::HandshakeOptions& offered) {
    Verdict verdict;
    const tcp::CookieDraft draft = draft_answer(arrival, service, offered, verdict);
    tcp::Block block = draft.plain;
    keys_.encrypt({&block, 1});
    verdict.sequence = draft.sequence(block);
    return verdict;
}

std::size_t Defender::answer_flood_syns(const FloodSyns& syns) {
    std::array<FloodSyn, AnswerDrafts::kMost> found;
    const std::size_t count = look_at(syns, found.data());
    const bool has_room = connecting_.has_room();
    for (std::size_t number = 0; number < count; ++number) {
        const Segment& segment = syns.segments[number];
        const AnswerTemplate& made = *found[number].made;
        made.figures->syns.add(1);
        Verdict& verdict = syns.verdicts[number];
        if (!answer_limit_.allows(segment.tuple.outside_address, now_)) [[unlikely]] {
            new (&verdict) Verdict{drop(Reason::kAnswerLimit)};
            continue;
        }
        made.figures->challenged.add(1);
        const tcp::Block& hash = syns.hashes[number];
        new (&verdict) Verdict{.action = Action::kAnswerSyn,
                               .reason = Reason::kSynChallenged,
                               .window = has_room ? made.window : std::uint16_t{0},
                               .acknowledgment = segment.sequence + 1};
        verdict.remembered = remembered_syns_.remember(hash, verdict.acknowledgment, now_);
        if (!found[number].is_linux) {
            drafts_.add(keys_.draft_without_options(hash, segment.sequence), verdict);
            continue;
        }
        const std::uint8_t* const text = syns.frames[number] + kOptionsAt;
        const tcp::ClientOptions client{.mss = wire::LinuxOptions::mss(text),
                                        .window_scale = wire::LinuxOptions::window_scale(text),
                                        .sack = true};
        const tcp::CookieDraft draft = keys_.draft_with_timestamps(hash, segment.sequence, client);
        drafts_.add(draft, verdict);
        verdict.options.mss = made.mss;
        verdict.options.window_scale = made.scale;
        verdict.options.sack_permitted = true;
        verdict.options.timestamps = {draft.timestamp_value,
                                      wire::LinuxOptions::timestamps(text).value};
    }
    drafts_.finish(keys_);
    return count;
}

std::size_t Defender::look_at(const FloodSyns& syns, FloodSyn* found) const {
    if (!source_budgets_.are_all_within(now_)) [[unlikely]] {
        return 0;
    }
    const tcp::Time probed = probe_pace_.is_due(now_) ? now_ : tcp::Time::min();
    for (std::size_t number = 0; number < syns.count; ++number) {
        const Segment& segment = syns.segments[number];
        const wire::FourTuple& tuple = segment.tuple;
        const AnswerTemplate* const made = answer_templates_.find(tuple);
        if (made == nullptr || probed >= made->known_until || !made->service->answers_every_syn() ||
            refused_ports_.knows_any(tuple.inside_port, now_) || tuple.outside_port == 0 ||
            wire::ipv4_word(tuple.outside_address).raw() ==
                wire::ipv4_word(tuple.inside_address).raw()) [[unlikely]] {
            return number;
        }
        const std::uint8_t* const frame = syns.frames[number];
        const bool is_linux =
            wire::are_linux_options({frame + kOptionsAt, segment.options_length()});
        const bool is_answered_alike =
            is_linux ? made->takes_options : segment.options_length() == 0;
        if (!is_answered_alike || (syns.checksums[number] != ChecksumState::kAllRight &&
                                   !checksums_are_right(frame, is_linux))) [[unlikely]] {
            return number;
        }
        found[number] = {made, is_linux};
    }
    return syns.count;
}

}  // namespace synward::defense
