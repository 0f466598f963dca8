// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/alignment.h"

#include "tcp/splice.h"
#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/tcp_options.h"

namespace synward::control::explain {
namespace {

using wire::Segment;
using wire::Side;
using Bytes = std::vector<std::uint8_t>;

// A server that goes on and on where nobody can have reached it.
constexpr std::size_t kMostWaiting = 256;

std::optional<wire::Timestamps> timestamps_of(const Segment& segment,
                                              std::span<const std::uint8_t> frame) {
    const auto options = frame.subspan(segment.options_offset(), segment.options_length());
    const auto positions = wire::find_options(options);
    if (!positions || positions->timestamps == 0) {
        return std::nullopt;
    }
    return wire::timestamps_at(options, positions->timestamps);
}

void set_sequence(Bytes& frame, const Segment& segment, wire::SequenceNumber sequence) {
    auto& header = wire::header_at<wire::TcpHeader>(&frame[segment.tcp_offset]);
    wire::ChecksumUpdate update;
    const wire::Big32 changed = wire::Big32::from_host(sequence.value());
    update.replace(header.sequence, changed);
    header.sequence = changed;
    update.apply(header.checksum);
}

}  // namespace

Alignment::Answer Alignment::answer_of(const Segment& segment,
                                       std::span<const std::uint8_t> frame) {
    const auto timestamps = timestamps_of(segment, frame);
    return {.sequence = segment.sequence,
            .acknowledgment = segment.acknowledgment,
            .timestamp = timestamps ? std::optional{timestamps->value} : std::nullopt};
}

Alignment::Fate Alignment::fit(Bytes& frame, const Segment& segment) {
    return segment.from == Side::kOutside ? fit_to_server(frame, segment)
                                          : fit_to_client(frame, segment);
}

Alignment::Fate Alignment::fit_to_server(Bytes& frame, const Segment& segment) {
    if (segment.has(wire::kSyn)) {
        if (!segment.has(wire::kAck) && client_isn_ != segment.sequence) {
            *this = {};
            client_isn_ = segment.sequence;
        }
        return Fate::kFeed;
    }
    if (!given_ || !client_isn_) {
        return Fate::kFeed;
    }
    const bool is_challenged_by_reset = given_->acknowledgment != *client_isn_ + 1;
    if (segment.has(wire::kRst) && !segment.has(wire::kAck)) {
        // RFC 9293 section 3.5.2: it has the number that the SYN-ACK acknowledged.
        const bool answers = captured_ ? segment.sequence == captured_->acknowledgment
                                       : segment.sequence != *client_isn_ + 1;
        if (is_challenged_by_reset && answers) {
            set_sequence(frame, segment, given_->acknowledgment);
        }
        return Fate::kFeed;
    }
    infer_captured(segment, frame);
    if (!captured_ || !segment.has(wire::kAck)) {
        return Fate::kFeed;
    }
    tcp::Translation translation;
    translation.sequence_delta = captured_->sequence.value() - given_->sequence.value();
    translation.timestamps = captured_->timestamp && given_->timestamp;
    translation.strip_timestamps = captured_->timestamp && !given_->timestamp;
    if (translation.timestamps) {
        translation.timestamp_delta = *captured_->timestamp - *given_->timestamp;
    }
    if (translation.sequence_delta != 0 || translation.timestamp_delta != 0 ||
        translation.strip_timestamps) {
        // Malformed options: the box will say so.
        [[maybe_unused]] const bool is_changed = tcp::splice(frame, segment, translation);
    }
    return Fate::kFeed;
}

void Alignment::infer_captured(const Segment& segment, std::span<const std::uint8_t> frame) {
    // A capture of what came in alone has no SYN-ACK of a box; the third segment shows what it was.
    if (captured_ || !segment.has(wire::kAck) || segment.sequence != *client_isn_ + 1) {
        return;
    }
    const auto timestamps = timestamps_of(segment, frame);
    captured_ = {.sequence = segment.acknowledgment - 1,
                 .acknowledgment = segment.sequence,
                 .timestamp = timestamps ? std::optional{timestamps->echo_reply} : std::nullopt};
}

Alignment::Fate Alignment::fit_to_client(Bytes& frame, const Segment& segment) {
    if (!client_isn_) {
        return Fate::kFeed;
    }
    if (segment.has(wire::kSyn) && segment.has(wire::kAck)) {
        captured_ = answer_of(segment, frame);
        if (segment.acknowledgment != *client_isn_ + 1) {
            return Fate::kLeave;
        }
    }
    if (is_server_reached_) {
        return Fate::kFeed;
    }
    if (waiting_.size() < kMostWaiting) {
        waiting_.push_back(frame);
    }
    return Fate::kWait;
}

void Alignment::note_departure(Side to, const Segment& segment,
                               std::span<const std::uint8_t> frame) {
    if (!segment.has(wire::kSyn)) {
        return;
    }
    if (to == Side::kInside && segment.sequence == client_isn_) {
        is_server_reached_ = true;
    } else if (to == Side::kOutside && segment.has(wire::kAck)) {
        given_ = answer_of(segment, frame);
    }
}

std::vector<Bytes> Alignment::take_due() {
    return is_server_reached_ ? std::exchange(waiting_, {}) : std::vector<Bytes>{};
}

}  // namespace synward::control::explain
