// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tcp/aes128.h"
#include "tcp/time.h"

namespace synward::defense {

/// A bounded set of keys that expire, each with an allowance: a token bucket. One cache line holds
/// a set of four. Made once; nothing here allocates afterwards. One worker's thread.
class Allowances {
  public:
    /// The clock of this table: 2^26 ns (67 ms).
    static constexpr tcp::Duration kStep{std::int64_t{1} << 26};

    struct Terms {
        std::uint32_t capacity = 1024;  ///< keys; rounded up to a power of two
        tcp::Duration lifetime{};       ///< from the latest admission; at most 13 days
        std::uint8_t burst = 1;         ///< tokens at most, 1-255
        bool refills = true;            ///< one token each kStep
        /// A key that was used so recently does not give way to a new one.
        tcp::Duration spared{};
    };
    explicit Allowances(const Terms& terms);

    /// Of keys that are admitted from now on.
    void change_lifetime(tcp::Duration lifetime);

    /// Admits `key` (not zero), or admits it again, which is worth one token more. False where the
    /// places that `hash` (a keyed one, of the key) leads to are all taken by keys in use.
    bool admit(std::uint64_t key, const tcp::Block& hash, tcp::Time now);
    /// Spends a token of the key, if it is admitted and has one.
    bool take(std::uint64_t key, const tcp::Block& hash, tcp::Time now);
    /// Whether the key is admitted, with tokens or without.
    [[nodiscard]] bool knows(std::uint64_t key, const tcp::Block& hash, tcp::Time now) const;

    [[nodiscard]] std::size_t capacity() const { return sets_.size() * kWays; }
    /// Keys that have not expired. Looks at all places.
    [[nodiscard]] std::size_t count(tcp::Time now) const;

  private:
    struct Place {
        std::uint64_t key;  ///< zero: empty
        std::uint32_t until;
        std::uint32_t tokens : 8;
        std::uint32_t used : 24;  ///< when a token was last asked for
    };
    static constexpr std::size_t kWays = 4;
    struct alignas(64) Set {
        std::array<Place, kWays> places;
    };
    static_assert(sizeof(Set) == 64);

    static std::uint32_t step_of(tcp::Time time);
    static bool is_alive(const Place& place, std::uint32_t now);
    static std::uint32_t idle(const Place& place, std::uint32_t now);
    [[nodiscard]] const Set& set_of(const tcp::Block& hash) const;
    Set& set_of(const tcp::Block& hash);
    Place* find(std::uint64_t key, const tcp::Block& hash, std::uint32_t now);
    void refill(Place& place, std::uint32_t now) const;

    std::vector<Set> sets_;
    std::uint32_t lifetime_;
    std::uint32_t spared_;
    std::uint8_t burst_;
    bool refills_;
};

}  // namespace synward::defense
