// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tcp/endpoint.h"
#include "wire/four_tuple.h"
#include "wire/parse.h"
#include "wire/reason.h"
#include "wire/sequence_number.h"

namespace synward::control::explain {

/// A number of a segment, and how far it lies behind the initial one of its end as this side of the
/// box knows it; nothing where it lies far from all that this end has sent.
struct ShownNumber {
    wire::SequenceNumber absolute;
    std::optional<std::int32_t> relative;
};

/// A segment as it lies on one side of the box.
struct ShownSegment {
    wire::FrameKind kind = wire::FrameKind::kTcp;  ///< of kTcp alone, what follows has a meaning
    bool is_clients = false;                       ///< from client to server
    std::uint8_t flags = 0;
    ShownNumber sequence;
    ShownNumber acknowledgment;
    std::uint32_t length = 0;  ///< octets of data
    std::uint16_t window = 0;
    std::string options;  ///< of a SYN: "mss 1460, sack, ts, wscale 7"

    /// "SYN,ACK", or what it is besides a TCP segment.
    [[nodiscard]] std::string name() const;
};

/// One line of a ladder: a segment that came, what was decided, a segment that left; or some of it.
struct Row {
    std::chrono::nanoseconds time{};  ///< since the capture's first frame
    std::optional<ShownSegment> arrival;
    std::optional<ShownSegment> departure;
    wire::Side departs_to = wire::Side::kInside;
    std::optional<wire::Reason> reason;
    std::string note;
    /// Once all of its moment is done. `has_states`: told in this row; then nothing: no flow.
    bool has_states = false;
    std::optional<std::array<tcp::EndpointState, 2>> states;  ///< by side
};

/// The initial sequence numbers of both ends, as each side of the box knows them.
class Numbering {
  public:
    /// What `frame`, which comes or leaves at `side`, looks like there; `segment` is what
    /// wire::parse says of it. Initial numbers are taken from SYNs; without one, from the first
    /// segment.
    ShownSegment show(wire::Side side, wire::FrameKind kind, const wire::Segment& segment,
                      std::span<const std::uint8_t> frame);

  private:
    struct End {
        std::optional<wire::SequenceNumber> initial;
        wire::SequenceNumber latest{};
    };
    static void begin(End& end, wire::SequenceNumber initial) { end = {initial, initial}; }
    static ShownNumber shown(End& end, wire::SequenceNumber number);

    std::array<std::array<End, 2>, 2> ends_;  ///< by side of the box, by the side of the end
};

/// All that the capture has of one connection, or of several that used its ports in turn.
struct Story {
    wire::FourTuple tuple;
    std::string service;  ///< empty: none
    std::vector<Row> rows;
    Numbering numbering;
    bool began_with_syn = false;
    bool has_flow = false;
    /// Of the servers' segments, those that were never due: the box let no SYN reach the server.
    std::size_t not_replayed = 0;
};

}  // namespace synward::control::explain
