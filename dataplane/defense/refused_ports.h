// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "tcp/aes128.h"
#include "tcp/time.h"

namespace synward::defense {

/// The inside addresses and ports that have refused a proven client a moment ago, so that a closed
/// port does not look open under challenge. Bounded: a newer one may take the oldest one's place
/// of eight.
/// Only clients that redeemed a cookie can add to it. One worker's thread.
class RefusedPorts {
  public:
    /// How long a refusal counts: long enough for a port scan's second look, short enough not to be
    /// noticed when a server starts again.
    static constexpr tcp::Duration kMemory = std::chrono::seconds{5};

    /// `key` stands for address and port (TupleHasher, with the outside left empty). Where a set is
    /// full, what was remembered longest ago gives way.
    void remember(const tcp::Block& key, tcp::Time now) {
        Set& set = sets_[key.low % kSets];
        auto place = find(set, key);
        if (place == set.end()) {
            place = std::min_element(set.begin(), set.end(), [](const Place& a, const Place& b) {
                return a.until < b.until;
            });
        }
        *place = {key, now + kMemory};
        all_forgotten_ = now + kMemory;
    }
    void forget(const tcp::Block& key) {
        Set& set = sets_[key.low % kSets];
        if (const auto place = find(set, key); place != set.end()) {
            *place = {};
        }
    }
    /// Whether to ask at all, which costs a hash.
    [[nodiscard]] bool knows_any(tcp::Time now) const { return now < all_forgotten_; }
    [[nodiscard]] bool has_refused(const tcp::Block& key, tcp::Time now) const {
        const Set& set = sets_[key.low % kSets];
        const auto place = find(set, key);
        return place != set.end() && now < place->until;
    }

  private:
    struct Place {
        tcp::Block key;
        tcp::Time until;
    };
    // Eight places for each hash value of a thousand: by chance, 1,000 ports lose one of
    // them in some 1,000 runs.
    static constexpr std::size_t kSets = 1024;
    using Set = std::array<Place, 8>;
    template <typename AnySet>
    static auto find(AnySet& set, const tcp::Block& key) -> decltype(set.begin()) {
        return std::find_if(set.begin(), set.end(),
                            [&](const Place& place) { return place.key == key; });
    }

    std::array<Set, kSets> sets_{};
    tcp::Time all_forgotten_;
};

}  // namespace synward::defense
