// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/configuration.h"
#include "control/endpoint_text.h"
#include "control/explain/alignment.h"
#include "control/explain/capture_file.h"
#include "control/explain/replay.h"
#include "control/explain/story.h"
#include "defense/classifier.h"

namespace synward::control::explain {

struct Choices {
    /// Feeds every frame as it was captured: see Alignment.
    bool as_captured = false;
    /// Wrong checksums are put right: a capture on the machine that sends has them where its device
    /// computes them.
    bool mend_checksums = false;
    /// Time that passes after the last frame.
    std::chrono::nanoseconds afterwards{0};
    /// Only connections with this end are told of; all are replayed.
    std::optional<Endpoint> end;
    /// No more connections than this are told of; all are replayed.
    std::size_t most_stories = 100;
};

/// What became of a capture.
struct Outcome {
    std::vector<Story> stories;  ///< in the order in which they began
    std::array<std::uint64_t, wire::kReasonCount> by_reason{};
    std::uint64_t frames = 0;
    std::uint64_t not_tcp = 0;          ///< left out
    std::uint64_t of_no_service = 0;    ///< left out: neither end is protected
    std::uint64_t untold = 0;           ///< connections beyond Choices::most_stories
    std::uint64_t wrong_checksums = 0;  ///< dropped for it; see Choices::mend_checksums
};

/// Replays a capture through the box and writes down what becomes of each segment.
class Explanation {
  public:
    /// `configuration` and `replay` outlive this; the capture's first frame came at `start`.
    Explanation(const config::Configuration& configuration, const Choices& choices, Replay& replay,
                std::chrono::nanoseconds start);

    void take(CapturedFrame frame);
    /// After the last frame.
    Outcome finish();

  private:
    /// A connection while it is replayed. `story`: in the outcome, if it is to be told.
    struct Connection {
        wire::FourTuple tuple;
        Alignment alignment;
        std::optional<std::size_t> story;
    };
    struct TupleHash {
        std::size_t operator()(const wire::FourTuple& tuple) const;
    };
    /// A frame, and which side it comes from.
    struct Sided {
        wire::FrameKind kind;
        wire::Segment segment;
    };
    /// Nothing, and counted: not TCP, or of no service.
    std::optional<Sided> side_of(const std::vector<std::uint8_t>& frame);
    void complete(CapturedFrame& frame, const Sided& sided) const;
    void pass_time(std::chrono::nanoseconds until);
    void feed(Connection& connection, wire::Side side, const std::vector<std::uint8_t>& frame);
    /// Writes down what came of one packet, or of the time; `cause`: whose packet it was.
    void tell(const std::vector<Piece>& pieces, Connection* cause);
    void tell(const Piece& piece, Connection& connection, std::size_t first_row);
    void tell_states(Connection& connection, std::size_t first_row);
    void tell_closes(Connection& connection);
    /// Flows that the box has forgotten by itself.
    void tell_forgotten();
    Connection& connection_of(const wire::FourTuple& tuple, bool begins_with_syn);
    [[nodiscard]] bool is_known(const wire::FourTuple& tuple) const {
        return connections_.contains(tuple);
    }
    [[nodiscard]] Story* story_of(const Connection& connection) {
        return connection.story ? &outcome_.stories[*connection.story] : nullptr;
    }

    const config::Configuration& configuration_;
    Choices choices_;
    Replay& replay_;
    std::chrono::nanoseconds start_;
    defense::Classifier classifier_;
    std::unordered_map<wire::FourTuple, Connection, TupleHash> connections_;
    Outcome outcome_;
    std::array<std::uint64_t, flow::kCloseKindCount> closes_{};
};

}  // namespace synward::control::explain
