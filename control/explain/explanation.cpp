// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "wire/checksum.h"
#include "wire/headers.h"

namespace synward::control::explain {
namespace {

using std::chrono::nanoseconds;
using wire::Disposition;
using wire::FrameKind;
using wire::Reason;
using wire::Segment;
using wire::Side;
using worker::CapturedAs;
using Bytes = std::vector<std::uint8_t>;

// The box's timers are of tenths of seconds and more. Through a long silence time goes in as many
// steps at most.
constexpr nanoseconds kStep = std::chrono::milliseconds{10};
constexpr std::int64_t kMostSteps = 30'000;

bool is_clients_syn(FrameKind kind, const Segment& segment) {
    return kind == FrameKind::kTcp && segment.has(wire::kSyn) && !segment.has(wire::kAck);
}

std::string_view words_of(flow::CloseKind kind) {
    constexpr std::array<std::string_view, flow::kCloseKindCount> kWords{
        "closed: four segments", "closed: three segments", "closed: simultaneously",
        "closed: reset",         "closed: timeout",        "closed: ports used again"};
    return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace

std::size_t Explanation::TupleHash::operator()(const wire::FourTuple& tuple) const {
    const auto bytes = [](const wire::Address& address) {
        return std::string_view{reinterpret_cast<const char*>(address.bytes.data()),
                                address.bytes.size()};
    };
    const std::hash<std::string_view> hash;
    return hash(bytes(tuple.outside_address)) * 31 + hash(bytes(tuple.inside_address)) * 17 +
           (std::size_t{tuple.outside_port} << 16U | tuple.inside_port);
}

Explanation::Explanation(const config::Configuration& configuration, const Choices& choices,
                         Replay& replay, nanoseconds start)
    : configuration_{configuration},
      choices_{choices},
      replay_{replay},
      start_{start},
      classifier_{configuration.policy.services} {}

std::optional<Explanation::Sided> Explanation::side_of(const Bytes& frame) {
    std::array<Sided, 2> as;
    for (const Side from : {Side::kOutside, Side::kInside}) {
        Sided& sided = as[static_cast<unsigned>(from)];
        sided.kind =
            wire::parse(frame, static_cast<std::uint32_t>(frame.size()), from, sided.segment).kind;
    }
    if (as[0].kind == FrameKind::kNotTcp) {
        ++outcome_.not_tcp;
        return std::nullopt;
    }
    const auto first_that = [&](auto&& fits) {
        return std::find_if(as.begin(), as.end(),
                            [&](const Sided& sided) { return fits(sided.segment.tuple); });
    };
    const auto* found = first_that([&](const wire::FourTuple& tuple) { return is_known(tuple); });
    if (found == as.end()) {
        found = first_that([&](const wire::FourTuple& tuple) {
            return classifier_.service_of(tuple.inside_address, tuple.inside_port).has_value();
        });
    }
    if (found == as.end()) {
        found = first_that([&](const wire::FourTuple& tuple) {
            return classifier_.any_service(tuple.inside_address, [](auto) { return true; });
        });
    }
    if (found == as.end()) {
        ++outcome_.of_no_service;
        return std::nullopt;
    }
    return *found;
}

void Explanation::complete(CapturedFrame& frame, const Sided& sided) const {
    // What the capture has cut off is not known, and so is its checksum.
    const bool is_cut = frame.bytes.size() < frame.length;
    frame.bytes.resize(std::max<std::size_t>(frame.bytes.size(), frame.length));
    if ((!is_cut && !choices_.mend_checksums) || sided.kind != FrameKind::kTcp) {
        return;
    }
    wire::set_tcp_checksum(frame.bytes, sided.segment);
    if (sided.segment.is_ipv4()) {
        auto& header = wire::header_at<wire::Ipv4Header>(&frame.bytes[sided.segment.ip_offset]);
        const std::size_t length = sided.segment.tcp_offset - std::size_t{sided.segment.ip_offset};
        header.checksum = wire::ipv4_header_checksum(
            std::span{frame.bytes}.subspan(sided.segment.ip_offset, length));
    }
}

void Explanation::take(CapturedFrame frame) {
    ++outcome_.frames;
    frame.bytes.resize(std::max<std::size_t>(frame.bytes.size(), frame.length));
    const std::optional<Sided> sided = side_of(frame.bytes);
    if (!sided) {
        return;
    }
    complete(frame, *sided);
    pass_time(frame.time);
    Connection& connection =
        connection_of(sided->segment.tuple, is_clients_syn(sided->kind, sided->segment));
    const bool is_aligned = sided->kind == FrameKind::kTcp && !choices_.as_captured;
    if (!is_aligned) {
        return feed(connection, sided->segment.from, frame.bytes);
    }
    if (connection.alignment.fit(frame.bytes, sided->segment) != Alignment::Fate::kFeed) {
        return;
    }
    feed(connection, sided->segment.from, frame.bytes);
    for (const Bytes& due : connection.alignment.take_due()) {
        feed(connection, Side::kInside, due);
    }
}

Outcome Explanation::finish() {
    pass_time(replay_.time() + choices_.afterwards);
    for (const auto& [tuple, connection] : connections_) {
        if (Story* const story = story_of(connection)) {
            story->not_replayed = connection.alignment.waiting();
        }
    }
    outcome_.wrong_checksums = outcome_.by_reason[static_cast<std::size_t>(Reason::kTcpChecksum)] +
                               outcome_.by_reason[static_cast<std::size_t>(Reason::kIpv4Checksum)];
    return std::move(outcome_);
}

void Explanation::pass_time(nanoseconds until) {
    const nanoseconds silence = until - replay_.time();
    const nanoseconds step = std::max(kStep, silence / kMostSteps);
    while (replay_.time() < until) {
        const std::uint32_t flows = replay_.flows();
        tell(replay_.set_time(std::min(until, replay_.time() + step)), nullptr);
        if (replay_.flows() < flows) {
            tell_forgotten();
        }
    }
}

void Explanation::feed(Connection& connection, Side side, const Bytes& frame) {
    tell(replay_.feed(side, frame), &connection);
}

void Explanation::tell(const std::vector<Piece>& pieces, Connection* cause) {
    std::vector<std::pair<Connection*, std::size_t>> touched;  // with its first row of now
    for (const Piece& piece : pieces) {
        if (piece.as != CapturedAs::kDeparture ||
            wire::disposition(piece.reason) == Disposition::kOriginated) {
            ++outcome_.by_reason[static_cast<std::size_t>(piece.reason)];
        }
        Segment segment;
        const Side from = piece.as == CapturedAs::kDeparture ? opposite(piece.side) : piece.side;
        wire::parse(piece.frame, static_cast<std::uint32_t>(piece.frame.size()), from, segment);
        // What the box asks a server for itself belongs to whoever has made it ask.
        Connection& connection = cause != nullptr && !is_known(segment.tuple)
                                     ? *cause
                                     : connection_of(segment.tuple, false);
        auto known = std::find_if(touched.begin(), touched.end(),
                                  [&](const auto& each) { return each.first == &connection; });
        if (known == touched.end()) {
            Story* const story = story_of(connection);
            touched.emplace_back(&connection, story == nullptr ? 0 : story->rows.size());
            known = touched.end() - 1;
        }
        tell(piece, connection, known->second);
    }
    for (const auto& [connection, first_row] : touched) {
        tell_states(*connection, first_row);
    }
    if (!touched.empty()) {
        tell_closes(cause == nullptr ? *touched.front().first : *cause);
    }
}

void Explanation::tell(const Piece& piece, Connection& connection, std::size_t first_row) {
    const bool departs = piece.as == CapturedAs::kDeparture;
    const Side from = departs ? opposite(piece.side) : piece.side;
    Segment segment;
    const FrameKind kind =
        wire::parse(piece.frame, static_cast<std::uint32_t>(piece.frame.size()), from, segment)
            .kind;
    if (departs && kind == FrameKind::kTcp && segment.tuple == connection.tuple) {
        connection.alignment.note_departure(piece.side, segment, piece.frame);
    }
    Story* const story = story_of(connection);
    const Disposition disposition = wire::disposition(piece.reason);
    // A held segment that is released is told of when it leaves.
    if (story == nullptr ||
        (piece.as == CapturedAs::kReleased && disposition == Disposition::kForwarded)) {
        return;
    }
    // What the box asks the server for itself has numbers of its own.
    Numbering of_another;
    const bool is_own = segment.tuple == connection.tuple;
    const ShownSegment shown =
        (is_own ? story->numbering : of_another).show(piece.side, kind, segment, piece.frame);
    Row row{.time = replay_.time() - start_};
    if (!departs) {
        row.arrival = shown;
        row.reason = piece.reason;
        row.note = piece.as == CapturedAs::kReleased ? "was held" : "";
        story->rows.push_back(std::move(row));
        return;
    }
    const auto passed =
        std::find_if(story->rows.begin() + static_cast<std::ptrdiff_t>(first_row),
                     story->rows.end(), [&](const Row& each) {
                         return each.arrival && !each.departure && each.reason == piece.reason &&
                                disposition == Disposition::kForwarded &&
                                each.arrival->is_clients == (piece.side == Side::kInside);
                     });
    if (passed != story->rows.end()) {
        passed->departure = shown;
        passed->departs_to = piece.side;
        return;
    }
    row.departure = shown;
    row.departs_to = piece.side;
    if (disposition != Disposition::kAnswered) {
        row.reason = piece.reason;
    }
    story->rows.push_back(std::move(row));
}

void Explanation::tell_states(Connection& connection, std::size_t first_row) {
    Story* const story = story_of(connection);
    if (story == nullptr || first_row >= story->rows.size()) {
        return;
    }
    Row& row = story->rows[first_row];
    row.has_states = true;
    const auto flow = replay_.flow(connection.tuple);
    story->has_flow = flow.has_value();
    if (flow) {
        row.states = std::array{flow->state(Side::kOutside), flow->state(Side::kInside)};
    }
}

void Explanation::tell_closes(Connection& connection) {
    const auto before = std::exchange(closes_, replay_.closes());
    Story* const story = story_of(connection);
    for (std::size_t kind = 0; kind < before.size(); ++kind) {
        if (closes_[kind] != before[kind] && story != nullptr && !story->rows.empty()) {
            story->rows.back().note = words_of(static_cast<flow::CloseKind>(kind));
        }
    }
}

void Explanation::tell_forgotten() {
    for (Story& story : outcome_.stories) {
        if (!story.has_flow || replay_.flow(story.tuple)) {
            continue;
        }
        story.has_flow = false;
        const bool was_told =
            !story.rows.empty() && story.rows.back().reason &&
            wire::disposition(*story.rows.back().reason) == Disposition::kOriginated &&
            story.rows.back().time == replay_.time() - start_;
        if (!was_told) {
            story.rows.push_back(
                {.time = replay_.time() - start_, .note = "forgotten", .has_states = true});
        }
        if (const auto known = connections_.find(story.tuple); known != connections_.end()) {
            tell_closes(known->second);
        }
    }
}

Explanation::Connection& Explanation::connection_of(const wire::FourTuple& tuple,
                                                    bool begins_with_syn) {
    const auto [place, is_new] = connections_.try_emplace(tuple);
    Connection& connection = place->second;
    if (!is_new) {
        return connection;
    }
    connection.tuple = tuple;
    const auto is_end = [&](const wire::Address& address, std::uint16_t port) {
        return choices_.end->address == address && choices_.end->port == port;
    };
    if (choices_.end && !is_end(tuple.outside_address, tuple.outside_port) &&
        !is_end(tuple.inside_address, tuple.inside_port)) {
        return connection;
    }
    if (outcome_.stories.size() == choices_.most_stories) {
        ++outcome_.untold;
        return connection;
    }
    connection.story = outcome_.stories.size();
    const auto service = classifier_.service_of(tuple.inside_address, tuple.inside_port);
    outcome_.stories.push_back(
        {.tuple = tuple,
         .service = service ? configuration_.policy.services[*service].name : std::string{},
         .began_with_syn = begins_with_syn});
    return connection;
}

}  // namespace synward::control::explain
