// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "defense/defender.h"
#include "flow/filter.h"
#include "flow/flow.h"
#include "wire/four_tuple.h"
#include "worker/listing.h"
#include "worker/question.h"

namespace synward::worker {

/// The flows that a filter lets through.
class ListFlows : public Listing<flow::Flow> {
  public:
    ListFlows(const flow::Filter& filter, std::uint32_t flows, std::uint32_t places)
        : Listing{flows, places, flow::Flow{}}, filter_{filter} {}

  private:
    std::uint32_t places_of(const Answering& worker) override { return worker.table.places_used(); }
    void look(const Answering& worker, std::uint32_t first, std::uint32_t count) override {
        worker.table.visit(first, count, [this](const flow::Flow& flow) {
            if (filter_.matches(flow)) {
                add(flow);
            }
        });
    }

    flow::Filter filter_;
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
