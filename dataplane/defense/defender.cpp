// SPDX-License-Identifier: BSD-3-Clause
#include "defense/defender.h"

#include <algorithm>

#include "defense/verdicts.h"
#include "wire/checksum.h"

namespace synward::defense {
namespace {

using wire::Reason;
using wire::Segment;
using wire::Side;

// What a server is found to offer is promised from the next epoch on, which then begins early: but
// a cookie must live long enough for the slowest client's ACK.
constexpr tcp::Duration kLeastEpoch = std::chrono::seconds{4};

tcp::Epoch epoch_of(tcp::Time now, tcp::Duration lifetime) {
    return static_cast<tcp::Epoch>(now.time_since_epoch() / lifetime);
}

/// Scanners' and floods' favourites have names of their own.
Reason name_of_implausible_flags(const Segment& segment) {
    using wire::kAck, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn, wire::kUrg;
    switch (segment.flags & (kFin | kSyn | kRst | kPsh | kAck | kUrg)) {
        case 0:
            return Reason::kTcpNull;
        case kFin | kPsh | kUrg:
            return Reason::kTcpXmas;
        default:
            return Reason::kTcpFlags;
    }
}

/// Why no endpoint sends such a segment, if so. RFC 9293 section 3.10.7: a segment without SYN and
/// RST has ACK; SYN excludes FIN and RST.
std::optional<Reason> implausible(const Segment& segment) {
    using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;
    const unsigned kind = segment.flags & (kSyn | kFin | kRst | kAck);
    constexpr unsigned kPlausible = (1U << kSyn) | (1U << (kSyn | kAck)) | (1U << kAck) |
                                    (1U << (kFin | kAck)) | (1U << kRst) | (1U << (kRst | kAck));
    if (((kPlausible >> kind) & 1U) == 0) {
        return name_of_implausible_flags(segment);
    }
    const wire::FourTuple& tuple = segment.tuple;
    if (tuple.outside_port == 0 || tuple.inside_port == 0) {
        return Reason::kPortZero;
    }
    if (tuple.outside_address == tuple.inside_address) {
        return Reason::kLandAttack;
    }
    return std::nullopt;
}

}  // namespace

Defender::Defender(const PolicyGeneration& generation, flow::Table& table,
                   ConnectingPool& connecting, const tcp::TupleHasher& hasher,
                   const Surroundings& surroundings, tcp::Time now)
    : generation_{&generation},
      generation_number_{generation.number()},
      table_{table},
      connecting_{connecting},
      hasher_{hasher},
      surroundings_{surroundings},
      link_headers_{hasher(wire::FourTuple{}).high,  // no segment has this tuple
                    surroundings.inside_addresses},
      address_offers_{hasher(wire::FourTuple{}).high, surroundings.inside_addresses},
      keys_{surroundings.cookie_secret, epoch_of(now, policy().cookie_key_lifetime)},
      services_{services_for(generation, {})},
      answer_limit_{answer_limit_for(policy())},
      source_budgets_{source_budgets_for(policy())},
      refused_ports_{surroundings.workers},
      remembered_syns_{policy().remembered_syns / surroundings.workers,
                       policy().syn_ack_retransmissions},
      admitted_{policy().admission, hasher, generation.tables().admits_sources},
      stamp_patience_{policy().timeouts.half_open},
      pick_up_{policy().pick_up, surroundings.workers},
      floods_{{.keys = keys_,
               .connecting = connecting,
               .pick_up = pick_up_,
               .probe_pace = probe_pace_,
               .refused_ports = refused_ports_,
               .source_budgets = source_budgets_,
               .answer_limit = answer_limit_,
               .remembered_syns = remembered_syns_}},
      now_{now},
      epoch_began_{now},
      settling_{generation.number()},
      settled_{generation.number()} {
    for (ServiceState& service : services_) {
        service.begin_epoch(keys_.current());
    }
    publish_key_age();
}

void Defender::begin_batch(tcp::Time now) {
    now_ = now;
    pick_up_.begin_batch(now);
    floods_.begin_batch(now, generation_->any_is_monitored() || !source_lists().empty());
    // Where some sources are denied, those of connections may be among them.
    plain_.begin_batch(flow::CoarseTime::of(now).after(policy().timeouts.established),
                       is_settling_ || source_lists().any_denied());
    const tcp::Duration lifetime = policy().cookie_key_lifetime;
    if (surroundings_.cookies_are_shared) {
        // Boxes that honour each other's cookies must agree on the epoch, by the clock alone.
        return begin_epoch(epoch_of(now_, lifetime));
    }
    const tcp::Duration age = now_ - epoch_began_;
    if (age >= lifetime) {
        const auto passed = age / lifetime;
        epoch_began_ += passed * lifetime;
        return begin_epoch(keys_.current() + static_cast<tcp::Epoch>(passed));
    }
    const bool harms_nobody = age >= kLeastEpoch || !has_issued_[(keys_.current() + 1) % 2];
    if (has_news_ && harms_nobody) {
        epoch_began_ = now_;
        begin_epoch(keys_.current() + 1);
    }
}

void Defender::begin_epoch(tcp::Epoch epoch) {
    if (epoch == keys_.current()) {
        return;
    }
    // After a long silence the epoch before the new one is new as well.
    const bool skipped = epoch != keys_.current() + 1;
    keys_.advance(epoch);
    floods_.forget_all();
    publish_key_age();
    has_news_ = false;
    has_issued_[epoch % 2] = false;
    has_issued_[(epoch + 1) % 2] &= !skipped;
    for (ServiceState& service : services_) {
        if (skipped) {
            service.begin_epoch(epoch - 1);
        }
        service.begin_epoch(epoch);
    }
}

void Defender::publish_key_age() {
    const tcp::Time began =
        surroundings_.cookies_are_shared
            ? tcp::Time{keys_.current() * tcp::Duration{policy().cookie_key_lifetime}}
            : epoch_began_;
    figures_.cookie_key_began.set(static_cast<std::uint64_t>(began.time_since_epoch().count()));
}

Verdict Defender::decide(const Arrival& arrival) {
    if (is_settling_ && arrival.flow != nullptr) [[unlikely]] {
        settle(*arrival.flow);
    }
    // What the rest would find out as well, of nearly every segment of a connection.
    Verdict plain;
    if (arrival.flow != nullptr && plain_.is_open() &&
        plain_.pass(*arrival.flow, arrival.segment, plain)) [[likely]] {
        return plain;
    }
    if (generation_->any_is_monitored()) [[unlikely]] {
        return decide_or_monitor(arrival);
    }
    return has_syn_data(arrival.segment) ? on_syn_data(arrival) : verdict_on(arrival);
}

Verdict Defender::decide_or_monitor(const Arrival& arrival) {
    const Verdict verdict =
        has_syn_data(arrival.segment) ? on_syn_data(arrival) : verdict_on(arrival);
    if (verdict.action == Action::kDrop && is_only_monitored(arrival.segment.tuple)) {
        return forward(Reason::kMonitored);
    }
    return verdict;
}

bool Defender::is_only_monitored(const wire::FourTuple& tuple) const {
    const auto service = classifier().service_of(tuple.inside_address, tuple.inside_port);
    return service && services_[*service].challenge() == Challenge::kMonitor;
}

Verdict Defender::verdict_on(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    if (arrival.flow == nullptr) {
        const auto service =
            classifier().service_of(segment.tuple.inside_address, segment.tuple.inside_port);
        if (!service) {
            return forward(Reason::kNotProtected);
        }
        if (const auto reason = implausible(segment)) {
            return drop(*reason);
        }
        if (is_denied(segment, *service)) {
            return drop(Reason::kSourceDenied);
        }
        return without_flow(arrival, *service);
    }
    if (const auto reason = implausible(segment)) {
        return drop(*reason);
    }
    if (is_denied(segment, arrival.flow->service)) {
        return drop(Reason::kSourceDenied);
    }
    // Data with a wrong checksum passes, to be refused by its receiver; what moves an endpoint's
    // state must be right.
    if (segment.has(wire::kSyn | wire::kFin | wire::kRst)) {
        if (const auto reason = damage(arrival)) {
            return drop(*reason);
        }
    }
    if (segment.has(wire::kRst)) {
        // It may answer a challenge of before its flow was made, or of its ports' next connection.
        if (const auto verdict = admit_by_reset(arrival, arrival.flow->service)) {
            return *verdict;
        }
    }
    if (arrival.flow->one_sided) {
        return in_one_sided(arrival);
    }
    switch (arrival.flow->life()) {
        case flow::Phase::kHalfOpen:
            return in_half_open(arrival);
        case flow::Phase::kConnecting:
            return in_connecting(arrival);
        case flow::Phase::kOpen:
            break;
    }
    return in_open(arrival);
}

Verdict Defender::decide_unreadable(const wire::ParseResult& found, const Segment& segment) const {
    switch (found.kind) {
        case wire::FrameKind::kNotTcp:
        case wire::FrameKind::kTcp:
        case wire::FrameKind::kIcmpError:
            return forward(Reason::kNotTcp);
        case wire::FrameKind::kFragment:
        case wire::FrameKind::kMalformed:
            break;
    }
    // Where the addresses could not even be read there is nobody to leave it to.
    const wire::Address& inside = segment.tuple.inside_address;
    if (inside != wire::Address{}) {
        if (is_denied(segment)) {
            return drop(Reason::kSourceDenied);
        }
        if (const auto reason = reason_to_leave_alone(inside)) {
            return forward(*reason);
        }
    }
    if (found.kind == wire::FrameKind::kMalformed) {
        return drop(found.malformed);
    }
    return policy().fragments == FragmentRule::kForward ? forward(Reason::kFragmentForwarded)
                                                        : drop(Reason::kFragment);
}

std::optional<Reason> Defender::reason_to_leave_alone(const wire::Address& inside) const {
    bool is_monitored = false;
    bool is_known = false;
    const bool is_defended = classifier().any_service(inside, [&](ServiceIndex service) {
        const Challenge mode = services_[service].challenge();
        is_known = true;
        is_monitored |= mode == Challenge::kMonitor;
        return mode == Challenge::kAlways || mode == Challenge::kOverBudget;
    });
    if (is_defended) {
        return std::nullopt;
    }
    if (is_monitored) {
        return Reason::kMonitored;
    }
    return is_known ? Reason::kWithoutFlow : Reason::kNotProtected;
}

std::optional<Reason> Defender::damage(const Arrival& arrival) const {
    const Segment& segment = arrival.segment;
    if (arrival.checksum == ChecksumState::kAllRight) {
        return std::nullopt;
    }
    if (wire::is_usual(segment) && arrival.checksum == ChecksumState::kUnknown) [[likely]] {
        const std::uint8_t* const frame = arrival.frame.data();
        if (!wire::usual_ipv4_checksum_is_right(frame)) {
            return Reason::kIpv4Checksum;
        }
        return wire::usual_tcp_checksum_is_right(frame, segment)
                   ? std::nullopt
                   : std::optional{Reason::kTcpChecksum};
    }
    if (segment.is_ipv4() && !wire::ipv4_header_checksum_is_right(arrival.frame.subspan(
                                 segment.ip_offset, segment.tcp_offset - segment.ip_offset))) {
        return Reason::kIpv4Checksum;
    }
    switch (arrival.checksum) {
        case ChecksumState::kRight:
        case ChecksumState::kAllRight:
            return std::nullopt;
        case ChecksumState::kWrong:
            return Reason::kTcpChecksum;
        case ChecksumState::kUnknown:
            break;
    }
    if (!wire::tcp_checksum_is_right(arrival.frame, segment)) {
        return Reason::kTcpChecksum;
    }
    return std::nullopt;
}

flow::Flow* Defender::insert(const Arrival& arrival) {
    ++flow_changes_;
    flow::Flow* flow = table_.insert(arrival.segment.tuple, arrival.hash);
    if (flow == nullptr) {
        if (flow::Flow* const oldest = table_.oldest_half_open()) {
            if (policy().on_expiry == OnExpiry::kReset) {
                free_backlog(*oldest, Reason::kResetOnEviction);
            }
            remove(*oldest, Reason::kTableFull);
            flow = table_.insert(arrival.segment.tuple, arrival.hash);
        }
    }
    return flow;
}

void Defender::remove(flow::Flow& flow, Reason reason) {
    give_credit_back(flow);
    give_place_back(flow);
    if (flow.life() == flow::Phase::kConnecting) {
        connecting_.release(flow.held_index(), reason);
    } else if (flow.life() == flow::Phase::kOpen && flow::is_unclosed(flow)) {
        figures_.count(flow::CloseKind::kReplaced);
    }
    table_.erase(flow);
    ++flow_changes_;
}

void Defender::give_credit_back(flow::Flow& flow) {
    if (flow.holds_credit) {
        account_of(flow.service).give_credit_back();
        flow.holds_credit = 0;
    }
}

void Defender::renew(flow::Flow& flow, tcp::Duration patience) const {
    flow.set_expiry(flow::CoarseTime::of(now_).after(patience));
}

void Defender::renew_open(flow::Flow& flow) {
    switch (flow::patience(flow)) {
        case flow::Patience::kEstablished:
            return renew(flow, policy().timeouts.established);
        case flow::Patience::kHalfClosed:
            return renew(flow, policy().timeouts.half_closed);
        case flow::Patience::kClosing:
            return renew(flow, policy().timeouts.closing);
        case flow::Patience::kTimeWait:
            give_place_back(flow);  // closed on both sides; what stays is for retransmissions
            return renew(flow, policy().timeouts.time_wait);
    }
}

Defender::Retry Defender::retry(std::uint32_t number) {
    Connecting& connecting = connecting_.at(number);
    if (!connecting.in_use || now_ < connecting.next_attempt) {
        return Retry::kNotYet;
    }
    if (connecting.attempts < policy().hold.server_attempts) {
        ++connecting.attempts;
        connecting.interval *= 2;
        connecting.next_attempt = now_ + connecting.interval;
        return Retry::kSendAgain;
    }
    if (flow::Flow* const flow = table_.find(connecting.tuple, hasher_(connecting.tuple))) {
        remove(*flow, Reason::kServerUnreachable);
    }
    return Retry::kGiveUp;
}

}  // namespace synward::defense
