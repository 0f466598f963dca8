// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "defense/policy.h"
#include "defense/source_prefix.h"
#include "tcp/time.h"
#include "wire/address.h"

namespace synward::defense {

/// How many connections each source prefix has now, and how fast it makes new ones, against floods
/// of connections from real addresses. One worker's thread.
///
/// Only sources that have proven to be there are counted, by a completed handshake or a redeemed
/// cookie: forged addresses neither use up anybody's budget nor take room here. The table is a
/// fixed number of sets of eight places, one place for a prefix, found by a keyed hash and compared
/// in full. In a full set the prefix without connections that was busy longest ago gives way; one
/// with connections never does. Where all eight have connections the newcomer goes uncounted and
/// unlimited: nobody is refused for want of room, and uncounted() says how often that was.
class SourceBudgets {
  public:
    /// What one worker grants to one prefix.
    struct Limits {
        std::uint32_t new_connections = 0;  ///< a second; 0: unlimited
        std::uint32_t burst = 0;            ///< that may come at once
        std::uint32_t concurrent = 0;       ///< 0: unlimited

        friend bool operator==(const Limits&, const Limits&) = default;
    };
    enum class Standing : std::uint8_t { kWithin, kOverRate, kOverConcurrent };

    /// The share of one of `workers`, each part rounded up.
    static Limits share(const SourcePolicy& policy, std::uint32_t workers);

    /// `flows`: how many connections there may be at all. `key`: a secret number, any. Without
    /// limits there is no table.
    SourceBudgets(const Limits& limits, SourcePrefix prefix, std::uint32_t flows,
                  std::uint64_t key);

    /// Other limits from now on, for those who are counted too. A table is never made here: without
    /// one nothing is counted still.
    void change_limits(const Limits& limits);
    /// Goes on after change_limits() with counting who has all connections that he may have, and
    /// looks at `places` places for it.
    void recount(std::size_t places);
    [[nodiscard]] bool has_table() const { return !places_.empty(); }

    /// Whether `source` may begin another connection. Costs no look at the table while no source
    /// at all is over a limit.
    [[nodiscard]] Standing standing(const wire::Address& source, tcp::Time now) const {
        return are_all_within(now) ? Standing::kWithin : standing_in_table(source, now);
    }
    /// Whether that holds for every source, without a look at any.
    [[nodiscard]] bool are_all_within(tcp::Time now) const {
        return exhausted_ == 0 && now >= all_within_rate_at_ && recounted_ == place_count_;
    }
    /// A proven connection begins, within its limits or not: SYNs that were let through together
    /// may prove to be more than was left, and the source then waits for as long as they are worth,
    /// but for a minute at most. False: uncounted, and nothing is to be given back.
    bool count(const wire::Address& source, tcp::Time now);
    /// A counted connection ends.
    void give_back(const wire::Address& source);

    /// Connections that found no place since the start.
    [[nodiscard]] std::uint64_t uncounted() const { return uncounted_; }
    /// Counted connections of the source at this time; for tests.
    [[nodiscard]] std::uint32_t connections(const wire::Address& source) const;
    [[nodiscard]] std::size_t places() const { return places_.size(); }
    /// What a source's place says.
    struct Use {
        wire::Prefix prefix;
        std::uint32_t connections = 0;
        Standing standing = Standing::kWithin;
    };
    /// Gives each source in `places` places from `first` on, if it has connections or has spent its
    /// rate, to `visit(const Use&)`.
    template <typename Visit>
    void visit(std::size_t first, std::size_t places, tcp::Time now, Visit&& visit) const {
        for (std::size_t number = first; number < std::min(first + places, places_.size());
             ++number) {
            const Place& place = places_[number];
            const Use use{prefix_.prefix_of(place.prefix), place.connections,
                          standing_of(place, now)};
            if (place.prefix != SourcePrefix::kNobody &&
                (use.connections != 0 || use.standing != Standing::kWithin)) {
                visit(use);
            }
        }
    }

  private:
    struct Place {
        std::uint64_t prefix = SourcePrefix::kNobody;
        tcp::Time unused_at{};  ///< when the rate will be as if never used (as in AnswerLimit)
        std::uint32_t connections = 0;
    };
    static constexpr std::size_t kSetSize = 8;

    void set_limits(const Limits& limits);
    /// Whether the place is at the limit exactly, and one of those that `exhausted_` counts.
    [[nodiscard]] bool is_at_limit(const Place& place) const {
        return place.connections == limits_.concurrent && limits_.concurrent != 0 &&
               static_cast<std::size_t>(&place - places_.data()) < recounted_;
    }
    [[nodiscard]] Standing standing_of(const Place& place, tcp::Time now) const;
    [[nodiscard]] Standing standing_in_table(const wire::Address& source, tcp::Time now) const;
    [[nodiscard]] std::size_t set_of(std::uint64_t prefix) const {
        return ((prefix * multiplier_) >> shift_) * kSetSize;
    }
    [[nodiscard]] const Place* find(std::uint64_t prefix) const;
    Place* find_or_make(std::uint64_t prefix);

    Limits limits_;
    SourcePrefix prefix_;
    std::uint64_t multiplier_;
    unsigned shift_ = 63;
    tcp::Duration interval_{};   ///< what one connection takes of the rate
    tcp::Duration most_used_{};  ///< how far unused_at may lie ahead for another connection
    std::vector<Place> places_;
    std::size_t place_count_ = 0;     ///< of places_: every SYN asks
    std::size_t recounted_ = 0;       ///< the places before this one are counted in exhausted_
    std::uint32_t exhausted_ = 0;     ///< prefixes that have all connections they may have
    tcp::Time all_within_rate_at_{};  ///< no prefix is over its rate from then on
    std::uint64_t uncounted_ = 0;
};

}  // namespace synward::defense
