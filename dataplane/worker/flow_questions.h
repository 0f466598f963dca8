// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "defense/defender.h"
#include "flow/filter.h"
#include "flow/flow.h"
#include "wire/four_tuple.h"
#include "worker/question.h"

namespace synward::worker {

/// Lists the flows that a filter lets through, a part of the table at each time it is asked: asked
/// again it goes on where it ended. A flow that is there all the time is listed once; one that
/// comes or goes meanwhile may be or not.
class ListFlows : public Question {
  public:
    /// Each part has `flows` flows at most, and is found among `places` places of the table.
    ListFlows(const flow::Filter& filter, std::uint32_t flows, std::uint32_t places)
        : filter_{filter},
          records_(flows, flow::Flow{}),
          places_of_part_{places},
          places_left_{places} {}

    bool work(const Answering& worker, unsigned places) override;

    // Control thread, while it is not with a worker:
    [[nodiscard]] std::span<const flow::Flow> flows() const { return {records_.data(), count_}; }
    /// When the part was listed, by the worker's clock: what expiries are counted from.
    [[nodiscard]] tcp::Time listed_at() const { return listed_at_; }
    /// The whole table has been looked at.
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }
    /// Makes it ready for the next part.
    void go_on() {
        count_ = 0;
        places_left_ = places_of_part_;
    }

  private:
    flow::Filter filter_;
    std::vector<flow::Flow> records_;
    std::uint32_t count_ = 0;
    std::uint32_t next_place_ = 0;
    std::uint32_t places_of_part_;
    std::uint32_t places_left_;
    tcp::Time listed_at_{};
    bool is_at_end_ = false;
};

/// Looks for the flow of a four-tuple.
class FindFlow : public Question {
  public:
    explicit FindFlow(const wire::FourTuple& tuple) : tuple_{tuple} {}
    bool work(const Answering& worker, unsigned places) override;

    [[nodiscard]] const std::optional<flow::Flow>& flow() const { return flow_; }
    /// When, by the worker's clock: what the flow's expiry is counted from.
    [[nodiscard]] tcp::Time now() const { return now_; }

  private:
    wire::FourTuple tuple_;
    std::optional<flow::Flow> flow_;
    tcp::Time now_{};
};

/// Ends the connection of a four-tuple: its ends are reset as far as the box knows numbers that
/// they accept, and its flow is removed.
class KillFlow : public Question {
  public:
    explicit KillFlow(const wire::FourTuple& tuple) : tuple_{tuple} {}
    bool work(const Answering& worker, unsigned places) override;

    /// The flow as it was; nothing where the worker has none.
    [[nodiscard]] const std::optional<flow::Flow>& flow() const { return flow_; }
    [[nodiscard]] tcp::Time now() const { return now_; }
    [[nodiscard]] bool is_outside_reset() const { return is_outside_reset_; }
    [[nodiscard]] bool is_inside_reset() const { return is_inside_reset_; }

  private:
    wire::FourTuple tuple_;
    std::optional<flow::Flow> flow_;
    tcp::Time now_{};
    bool is_outside_reset_ = false;
    bool is_inside_reset_ = false;
};

}  // namespace synward::worker
