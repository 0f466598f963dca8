// SPDX-License-Identifier: BSD-3-Clause
//
// Asking a server what it offers, by a SYN of the box's own.
//
// Nothing is kept of a question. Its number is a keyed function of its addresses and ports, by
// which any worker knows the answer, whenever it comes and however often, and resets what the
// server has opened for it. It bears the address of the client whose challenged SYN led to it,
// since the box has none; that client never sees the answer.
#include "defense/address_hash.h"
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {
namespace {

using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

constexpr unsigned kFirstPort = 32'768;  // of the ports that the common stacks take for clients
constexpr unsigned kPorts = 28'232;
constexpr std::uint16_t kWindow = 64'240;

wire::HandshakeOptions everything(std::uint16_t mss, tcp::Time now) {
    const auto clock =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    return {.mss = mss,
            .window_scale = kUsualWindowScale,
            .sack_permitted = true,
            .timestamps = wire::Timestamps{static_cast<std::uint32_t>(clock.count()), 0}};
}

}  // namespace

SequenceNumber Defender::probe_number(const wire::FourTuple& tuple) const {
    // No connection through the box has its ends exchanged, so this hash serves nothing else.
    const wire::FourTuple exchanged{tuple.inside_address, tuple.outside_address, tuple.inside_port,
                                    tuple.outside_port};
    return SequenceNumber{static_cast<std::uint32_t>(hasher_(exchanged).low)};
}

std::optional<wire::FourTuple> Defender::probe_tuple(const Arrival& arrival) {
    wire::FourTuple tuple = arrival.segment.tuple;
    const auto start = static_cast<unsigned>(arrival.hash.high % kPorts);
    for (unsigned attempt = 0; attempt < 8U * surroundings_.workers; ++attempt) {
        tuple.outside_port = static_cast<std::uint16_t>(kFirstPort + (start + attempt) % kPorts);
        const tcp::Block hash = hasher_(tuple);
        // The answer must come back to this worker, where that is decided by this hash.
        const bool returns = !surroundings_.steers_by_software ||
                             tcp::owner_of(hash, surroundings_.workers) == surroundings_.worker;
        if (returns && table_.find(tuple, hash) == nullptr) {
            return tuple;
        }
    }
    return std::nullopt;
}

void Defender::probe_if_unknown(const Arrival& arrival, ServiceIndex service,
                                const OfferRecord& record) {
    ServiceState& state = services_[service];
    if (!state.probes() || !probe_pace_.is_due(now_)) {
        return;
    }
    const wire::Address& inside = arrival.segment.tuple.inside_address;
    const bool is_own = &record != &state.offers(inside.is_ipv4());
    const bool is_known = is_own ? record.heard_at() > now_ - ProbePace::kFresh
                                 : !address_offers_.has_room(service, inside, keys_.current());
    if (is_known || !probe_pace_.take(address_hash(inside, service, 0), now_)) {
        return;
    }
    if (const auto tuple = probe_tuple(arrival)) {
        originations_.add({.reason = Reason::kProbe,
                           .tuple = *tuple,
                           .to = Side::kInside,
                           .fields = {.sequence = probe_number(*tuple),
                                      .window = kWindow,
                                      .flags = wire::kSyn | wire::kEce | wire::kCwr},
                           .options = everything(state.rules(inside.is_ipv4()).most_mss, now_),
                           .link = arrival.link_header()});
    }
}

std::optional<Verdict> Defender::answer_to_probe(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    if (segment.from != Side::kInside || !segment.has(wire::kSyn | wire::kRst) ||
        !segment.has(wire::kAck) || !services_[service].probes() ||
        segment.acknowledgment != probe_number(segment.tuple) + 1) {
        return std::nullopt;
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    if (segment.has(wire::kRst)) {
        note_refusal(segment);
        return drop(Reason::kProbeRefused);
    }
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    const wire::HandshakeOptions asked = everything(0, now_);
    hear(arrival, service,
         {.options = *options,
          .ecn = segment.is_ecn_setup_syn_ack(),
          .asked = &asked,
          .asked_ecn = true});
    Verdict verdict{.action = Action::kResetSender, .reason = Reason::kProbeAnswered};
    verdict.sequence = segment.acknowledgment;
    return verdict;
}

}  // namespace synward::defense
