// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "tcp/aes128.h"
#include "tcp/time.h"

namespace synward::defense {

/// The inside addresses and ports that have refused a proven client a moment ago, so that a closed
/// port does not look open under challenge. Bounded: a newer one may take an older one's place.
/// Only clients that redeemed a cookie can add to it. One worker's thread.
class RefusedPorts {
  public:
    /// How long a refusal counts: long enough for a port scan's second look, short enough not to be
    /// noticed when a server starts again.
    static constexpr tcp::Duration kMemory = std::chrono::seconds{5};

    /// `key` stands for address and port (TupleHasher, with the outside left empty).
    void remember(const tcp::Block& key, tcp::Time now) {
        places_[place_of(key)] = {key, now + kMemory};
        all_forgotten_ = now + kMemory;
    }
    void forget(const tcp::Block& key) {
        if (Place& place = places_[place_of(key)]; place.key == key) {
            place = {};
        }
    }
    /// Whether to ask at all, which costs a hash.
    [[nodiscard]] bool knows_any(tcp::Time now) const { return now < all_forgotten_; }
    [[nodiscard]] bool has_refused(const tcp::Block& key, tcp::Time now) const {
        const Place& place = places_[place_of(key)];
        return place.key == key && now < place.until;
    }

  private:
    struct Place {
        tcp::Block key;
        tcp::Time until;
    };
    static constexpr std::size_t kPlaces = 4096;
    static std::size_t place_of(const tcp::Block& key) { return key.low % kPlaces; }

    std::array<Place, kPlaces> places_{};
    tcp::Time all_forgotten_;
};

}  // namespace synward::defense
