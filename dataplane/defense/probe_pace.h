// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "tcp/time.h"

namespace synward::defense {

/// How often servers may be asked what they offer. SYNs with any source lead to questions, so that
/// these must be no burden to a server: one a second to each address, ten in all. Bounded. One
/// worker's thread.
class ProbePace {
  public:
    static constexpr tcp::Duration kInterval = std::chrono::milliseconds{100};
    static constexpr tcp::Duration kAddressInterval = std::chrono::seconds{1};
    /// How long an answer counts before the server is asked again.
    static constexpr tcp::Duration kFresh = std::chrono::seconds{60};

    /// Whether to look any further; costs nothing.
    [[nodiscard]] bool is_due(tcp::Time now) const { return now >= next_; }
    /// Takes the right to ask the address that `key` stands for, if there is one.
    bool take(std::uint64_t key, tcp::Time now) {
        Place& place = places_[key % kPlaces];
        // Another address that lies here was asked a moment ago: this one waits as well.
        if (!is_due(now) || now < place) {
            return false;
        }
        place = now + kAddressInterval;
        next_ = now + kInterval;
        return true;
    }

  private:
    using Place = tcp::Time;  // until when no address that lies here is asked
    static constexpr std::size_t kPlaces = 256;
    std::array<Place, kPlaces> places_{};
    tcp::Time next_{};
};

}  // namespace synward::defense
