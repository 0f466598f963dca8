// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "defense/figures.h"
#include "flow/flow.h"
#include "tcp/time.h"

namespace synward::defense {

/// Counts the endpoints' states, a round of the flow table at a time, while expiry goes through it
/// anyway; between two censuses there is a pause. One worker's thread.
class Census {
  public:
    static constexpr tcp::Duration kPause = std::chrono::milliseconds{100};

    /// A round of the table begins: what the last one counted is published.
    void begin_round(tcp::Time now, Figures& figures) {
        if (is_counting_) {
            publish(figures);
            is_counting_ = false;
            next_ = now + kPause;
        } else if (now >= next_) {
            counts_ = {};
            is_counting_ = true;
        }
    }
    void see(const flow::Flow& flow) {
        if (is_counting_) {
            ++counts_[0][flow.outside_state];
            ++counts_[1][flow.inside_state];
        }
    }

  private:
    static constexpr std::size_t kStates = 16;  // of four bits

    void publish(Figures& figures) const {
        for (std::size_t side = 0; side < counts_.size(); ++side) {
            for (std::size_t state = 0; state < tcp::kEndpointStateCount; ++state) {
                figures.endpoints[side][state].set(counts_[side][state]);
            }
        }
    }

    std::array<std::array<std::uint32_t, kStates>, 2> counts_{};
    bool is_counting_ = false;
    tcp::Time next_;
};

}  // namespace synward::defense
