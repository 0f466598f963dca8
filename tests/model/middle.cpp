// SPDX-License-Identifier: BSD-3-Clause
#include "middle.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hash.h"
#include "tcp/splice.h"
#include "tcp/window.h"
#include "wire/frame_writer.h"
#include "wire/parse.h"

namespace synward::model {
namespace {

using defense::Action;
using defense::Connecting;
using defense::Verdict;
using wire::Direction;
using wire::only_timestamps;
using wire::Side;

}  // namespace

Middle::Middle(const defense::Policy& policy)
    : generation_{policy},
      hasher_{tcp::Secret{1, 2, 3}},
      memory_((flow::Table::required_bytes(kFlows) + sizeof(Line) - 1) / sizeof(Line)),
      table_{std::as_writable_bytes(std::span{memory_}), kFlows, hasher_},
      connecting_{kConnections, policy.hold.segments, policy.hold.segments_per_connection},
      now_{std::chrono::seconds{1'700'000'000}},
      held_(kConnections) {
    make_defender();
}

void Middle::make_defender() {
    // With shared cookies the clock alone makes epochs, and nothing depends on what was issued.
    const defense::Surroundings surroundings{
        .cookie_secret = {9, 8, 7}, .cookies_are_shared = true, .inside_addresses = 4};
    defender_.emplace(generation_, table_, connecting_, hasher_, surroundings, now_);
}

void Middle::cross(const Frame& frame, Side from, unsigned arrival) {
    departures_.clear();
    decisions_.clear();
    defender_->begin_batch(now_);
    decide(frame, from, arrival);
    // Worker::deliver_released().
    for (std::size_t i = 0; i < released_.size(); ++i) {
        decide(released_[i].frame, Side::kOutside, released_[i].arrival);
    }
    released_.clear();
    forget_released();
}

void Middle::decide(const Frame& frame, Side from, unsigned arrival) {
    wire::Segment segment;
    const auto contiguous = frame.contiguous();
    const wire::ParseResult parsed = wire::parse(contiguous, frame.length, from, segment);
    if (parsed.kind != wire::FrameKind::kTcp) {
        throw std::logic_error{"the model's frames are TCP"};
    }
    const tcp::Block hash = hasher_(segment.tuple);
    // Of what is not kept a device has verified the checksum.
    const bool is_whole = frame.kept == frame.length;
    const auto decided = [&] {
        return defender_->decide({.segment = segment,
                                  .frame = contiguous,
                                  .hash = hash,
                                  .flow = table_.find(segment.tuple, hash),
                                  .checksum = is_whole ? defense::ChecksumState::kUnknown
                                                       : defense::ChecksumState::kRight});
    };
    Verdict verdict = decided();
    if (verdict.reason == wire::Reason::kAnswerLimit) {
        // No history has so many answers: those of others are counted, that were later or many.
        const defense::ServiceState service = defender_->services().front();
        make_defender();
        change_service(service);
        verdict = decided();
    }
    decisions_.push_back({arrival, verdict.action, verdict.reason});
    carry_out(verdict, frame, segment, from, arrival);
}

void Middle::carry_out(const Verdict& verdict, const Frame& frame, wire::Segment segment, Side from,
                       unsigned arrival) {
    switch (verdict.action) {
        case Action::kForward:
            return send(frame, opposite(from), true, arrival);
        case Action::kSplice: {
            Frame translated = frame;
            if (!tcp::splice({translated.bytes.data(), translated.kept}, segment,
                             verdict.translation)) {
                throw std::logic_error{"the model's options are well-formed"};
            }
            return send(translated, opposite(from), true, arrival);
        }
        case Action::kDrop:
            return;
        case Action::kAnswerSyn: {
            const wire::TcpFields fields{
                .sequence = verdict.sequence,
                .acknowledgment = verdict.acknowledgment,
                .window = verdict.window,
                .flags = static_cast<std::uint8_t>(wire::kSyn | wire::kAck |
                                                   (verdict.ecn ? wire::kEce : 0U)),
            };
            return write_and_send(frame, segment, Direction::kOpposite, fields, verdict.options,
                                  from);
        }
        case Action::kConnectServer:
            return connect_server(verdict, frame, segment, arrival);
        case Action::kHold:
            held_[verdict.connecting].push_back({frame, Side::kInside, true, arrival});
            return;
        case Action::kJoin:
            return join(verdict, frame, segment);
        case Action::kAnswerReset: {
            const wire::TcpFields fields{.sequence = verdict.sequence, .flags = wire::kRst};
            write_and_send(frame, segment, Direction::kOpposite, fields, {}, from);
            return send_syn(verdict.connecting);
        }
        case Action::kAbortServer:
        case Action::kRefuseClient: {
            const bool acknowledges = verdict.action == Action::kRefuseClient;
            const wire::TcpFields fields{
                .sequence = verdict.sequence,
                .acknowledgment = verdict.acknowledgment,
                .flags = static_cast<std::uint8_t>(wire::kRst | (acknowledges ? wire::kAck : 0U))};
            return write_and_send(frame, segment, Direction::kSame, fields, {}, opposite(from));
        }
        default:
            break;
    }
    throw std::logic_error{"an action that the model's box does not know"};
}

void Middle::send(const Frame& frame, Side to, bool is_original, unsigned arrival) {
    departures_.push_back({frame, to, is_original, arrival});
}

void Middle::write_and_send(const Frame& like, wire::Segment segment, Direction direction,
                            const wire::TcpFields& fields, const wire::HandshakeOptions& options,
                            Side to) {
    Frame frame = like;
    frame.length = wire::write_segment(frame.bytes, segment, direction, fields, options);
    frame.kept = static_cast<std::uint16_t>(frame.length);
    send(frame, to, false, 0);
}

void Middle::connect_server(const Verdict& verdict, const Frame& frame,
                            const wire::Segment& segment, unsigned arrival) {
    Connecting& connecting = connecting_.at(verdict.connecting);
    const wire::TcpFields fields{
        .sequence = connecting.client_isn,
        .window = connecting.syn_window,
        .flags =
            static_cast<std::uint8_t>(wire::kSyn | (connecting.ecn ? wire::kEce | wire::kCwr : 0U)),
    };
    std::memcpy(connecting.frame.data(), frame.bytes.data(), segment.ip_offset);
    connecting.syn = segment;
    connecting.frame_length = static_cast<std::uint16_t>(wire::write_segment(
        connecting.frame, connecting.syn, Direction::kSame, fields, connecting.options));
    held_[verdict.connecting].clear();
    if (wire::disposition(verdict.reason) == wire::Disposition::kHeld) {
        held_[verdict.connecting].push_back({frame, Side::kInside, true, arrival});
    }
    send_syn(verdict.connecting);
}

void Middle::join(const Verdict& verdict, const Frame& frame, const wire::Segment& segment) {
    const tcp::Translation& translation = verdict.translation;
    const auto& theirs = verdict.options.timestamps;
    const bool stamps = translation.timestamps && theirs;
    const std::uint32_t value = theirs ? theirs->value : 0;
    const wire::TcpFields update{.sequence = segment.end() + translation.sequence_delta,
                                 .acknowledgment = segment.acknowledgment,
                                 .window = tcp::rescaled_window(segment.window, tcp::kNoWindowScale,
                                                                translation.promised_scale),
                                 .flags = wire::kAck};
    write_and_send(
        frame, segment, Direction::kSame, update,
        only_timestamps(stamps, value + translation.timestamp_delta, verdict.timestamp_to_server),
        Side::kOutside);
    const wire::TcpFields acknowledgment{.sequence = segment.acknowledgment,
                                         .acknowledgment = segment.end(),
                                         .window = verdict.window,
                                         .flags = wire::kAck};
    write_and_send(frame, segment, Direction::kOpposite, acknowledgment,
                   only_timestamps(stamps, verdict.timestamp_to_server, value), Side::kInside);
    auto& held = held_[verdict.connecting];
    released_.insert(released_.end(), held.begin(), held.end());
    held.clear();
}

void Middle::send_syn(std::uint32_t number) {
    const Connecting& connecting = connecting_.at(number);
    Frame frame;
    frame.bytes.fill(0);
    std::copy_n(connecting.frame.begin(), connecting.frame_length, frame.bytes.begin());
    frame.kept = connecting.frame_length;
    frame.length = connecting.frame_length;
    send(frame, Side::kInside, false, 0);
}

void Middle::reset_client(std::uint32_t number) {
    const Connecting& connecting = connecting_.at(number);
    Frame frame;
    frame.bytes.fill(0);
    std::copy_n(connecting.frame.begin(), connecting.frame_length, frame.bytes.begin());
    const wire::TcpFields fields{.sequence = connecting.promised_sequence + 1,
                                 .acknowledgment = connecting.client_isn + 1,
                                 .flags = wire::kRst | wire::kAck};
    write_and_send(frame, connecting.syn, Direction::kOpposite, fields, {}, Side::kOutside);
}

/// Rewriter::originate(), on a link of this kind's own.
void Middle::originate(const defense::Origination& origination) {
    constexpr std::size_t kEthernet = 14;
    Frame like;
    like.bytes.fill(0);
    wire::Segment segment;
    segment.tuple = origination.tuple;
    segment.from = opposite(origination.to);
    segment.ip_offset = kEthernet;
    const std::uint16_t type = segment.is_ipv4() ? 0x0800 : 0x86dd;
    like.bytes[kEthernet - 2] = static_cast<std::uint8_t>(type >> 8U);
    like.bytes[kEthernet - 1] = static_cast<std::uint8_t>(type);
    write_and_send(like, segment, Direction::kSame, origination.fields, origination.options,
                   origination.to);
}

/// Worker::sweep_released_connections().
void Middle::forget_released() {
    for (const std::uint32_t number : connecting_.released()) {
        held_[number].clear();
    }
    connecting_.recycle();
}

void Middle::pass_time(tcp::Duration duration) {
    departures_.clear();
    decisions_.clear();
    now_ += duration;
    defender_->begin_batch(now_);
    defender_->expire(table_.capacity());
    for (const defense::Origination& origination : defender_->originations()) {
        if (origination.reason != wire::Reason::kProbe) {  // another connection, with no history
            originate(origination);
        }
    }
    defender_->clear_originations();
    for (std::uint32_t number = 0; number < connecting_.capacity(); ++number) {
        switch (defender_->retry(number)) {
            case defense::Defender::Retry::kNotYet:
                break;
            case defense::Defender::Retry::kSendAgain:
                send_syn(number);
                break;
            case defense::Defender::Retry::kGiveUp:
                reset_client(number);
                break;
        }
    }
    forget_released();
}

flow::Flow* Middle::flow(const Addresses& addresses) {
    (void)addresses;
    flow::Flow* found = nullptr;
    table_.for_each([&](flow::Flow& each) { found = &each; });
    return found;
}

const char* Middle::inconsistency() {
    std::uint32_t flows = 0, credits = 0, half_open = 0, connecting = 0;
    table_.for_each([&](const flow::Flow& each) {
        ++flows;
        credits += each.holds_credit;
        half_open += each.life() == flow::Phase::kHalfOpen ? 1U : 0U;
        connecting += each.life() == flow::Phase::kConnecting ? 1U : 0U;
    });
    if (flows > 1 || table_.size() != flows) {
        return "more flows than connections";
    }
    if (defender_->services().front().credits_left() + credits != kBudget) {
        return "credits and flows do not agree";
    }
    if (table_.half_open() != half_open) {
        return "half-open flows are miscounted";
    }
    return connecting_.in_use() == connecting ? nullptr : "the pool and the flows do not agree";
}

bool Middle::is_empty() {
    bool none_held = true;
    for (const auto& held : held_) {
        none_held = none_held && held.empty();
    }
    return table_.size() == 0 && connecting_.in_use() == 0 && none_held &&
           defender_->services().front().credits_left() == kBudget;
}

std::uint64_t Middle::hash(const Addresses& addresses) {
    Hash hash;
    hash.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    hash.add(defender_->services().front().credits_left());
    if (const flow::Flow* const found = flow(addresses)) {
        std::array<std::uint8_t, sizeof(flow::Flow)> bytes;
        std::memcpy(bytes.data(), found, sizeof(flow::Flow));
        hash.add_bytes(bytes);
        if (found->life() == flow::Phase::kConnecting) {
            const Connecting& connecting = connecting_.at(found->held_index());
            hash.add(connecting.client_isn.value());
            hash.add(connecting.client_window | std::uint64_t{connecting.attempts} << 32U |
                     std::uint64_t{connecting.held} << 40U);
            hash.add(
                static_cast<std::uint64_t>(connecting.next_attempt.time_since_epoch().count()));
            for (const Departure& held : held_[found->held_index()]) {
                hash.add_bytes(held.frame.contiguous());
            }
        }
    }
    return hash.value();
}

void Middle::save(Point& point) {
    const auto bytes = std::as_bytes(std::span{memory_});
    point.table.assign(bytes.begin(), bytes.end());
    point.connecting = connecting_;
    point.service = defender_->services().front();
    point.held = held_;
    point.now = now_;
}

/// A Defender is not made for going back, so this reaches through its constness; the object itself
/// is not constant.
void Middle::change_service(const defense::ServiceState& service) {
    const_cast<defense::ServiceState&>(defender_->services().front()) = service;
}

void Middle::restore(const Point& point) {
    std::memcpy(memory_.data(), point.table.data(), point.table.size());
    connecting_ = *point.connecting;
    // A Defender keeps memories of its own besides: of its keys, which stay within one epoch here,
    // of servers that refused, of which there are none, of offers, which are pinned, and how often
    // it has answered, for which decide() makes it anew.
    now_ = point.now;
    change_service(*point.service);
    held_ = point.held;
}

}  // namespace synward::model
