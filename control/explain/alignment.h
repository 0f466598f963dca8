// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wire/segment.h"

namespace synward::control::explain {

/// Fits a captured connection to a box that was not there when it was captured, or that had another
/// secret. The ends in the capture have answered what they saw then; where the box now answers a
/// SYN in the server's place,
/// - the client's numbers that answer the captured SYN-ACK become answers to the box's own;
/// - what the server sent waits until the box has let a SYN get to it.
/// All else stays as it was captured. One connection.
class Alignment {
  public:
    enum class Fate : std::uint8_t {
        kFeed,   ///< it arrives now
        kWait,   ///< it waits until the server would have sent it
        kLeave,  ///< another box made it: a challenge that this one makes itself or does not
    };
    /// What is to be done with a captured segment; changes its numbers where they must.
    Fate fit(std::vector<std::uint8_t>& frame, const wire::Segment& segment);

    /// A segment that has left the box.
    void note_departure(wire::Side to, const wire::Segment& segment,
                        std::span<const std::uint8_t> frame);

    /// What has waited for the server to be reached, if by now it is. In order, once.
    std::vector<std::vector<std::uint8_t>> take_due();
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  private:
    /// What a client knows of its server from a SYN-ACK.
    struct Answer {
        wire::SequenceNumber sequence;
        wire::SequenceNumber acknowledgment;
        std::optional<std::uint32_t> timestamp;  ///< TSval
    };
    static Answer answer_of(const wire::Segment& segment, std::span<const std::uint8_t> frame);
    Fate fit_to_server(std::vector<std::uint8_t>& frame, const wire::Segment& segment);
    Fate fit_to_client(std::vector<std::uint8_t>& frame, const wire::Segment& segment);
    void infer_captured(const wire::Segment& segment, std::span<const std::uint8_t> frame);

    std::optional<wire::SequenceNumber> client_isn_;
    bool is_server_reached_ = false;
    std::optional<Answer> captured_;
    std::optional<Answer> given_;  ///< by the box
    std::vector<std::vector<std::uint8_t>> waiting_;
};

}  // namespace synward::control::explain
