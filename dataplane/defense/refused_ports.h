// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>

#include "tcp/aes128.h"
#include "tcp/time.h"

namespace synward::defense {

/// The inside addresses and ports that have refused a connection, so that a closed port does not
/// look open under challenge.
///
/// For a few seconds a refusal is taken for the truth. After that, and for some minutes, it is a
/// reason to ask: one SYN is let through untouched, and what the server answers reaches its client
/// and is learned here. So a closed port looks closed however often it is tried, and a port that
/// opens is open to the next client that comes.
///
/// Bounded: a newer port may take the oldest one's place of eight. Only clients that have proven to
/// be there, and answers to questions of the box, can add to it, and only the ports in it are asked
/// at, in bounded number. One worker's thread.
class RefusedPorts {
  public:
    /// How long a refusal needs no confirmation: long enough for a port scan's second look, short
    /// enough not to be noticed when a server starts again.
    static constexpr tcp::Duration kFresh = std::chrono::seconds{5};
    /// How long a port is asked at before it is challenged as any other.
    static constexpr tcp::Duration kMemory = std::chrono::minutes{3};
    /// What is not answered by then is asked again.
    static constexpr tcp::Duration kPatience = std::chrono::seconds{1};
    /// Questions in all, a second and at once, of all workers together.
    static constexpr unsigned kRate = 1024;
    static constexpr unsigned kBurst = 2 * kRate;
    static constexpr tcp::Duration kBurstTime = std::chrono::seconds{1} * kBurst / kRate;

    explicit RefusedPorts(std::uint32_t workers)
        : interval_{std::chrono::nanoseconds{1'000'000'000} * workers / kRate} {}

    /// What to do with a SYN for a port.
    enum class Advice : std::uint8_t {
        kNothingKnown,
        kRefuse,  ///< it has refused a moment ago
        kAsk,     ///< let this one through
    };
    /// `key` stands for address and port (TupleHasher, with the outside left empty). kAsk is said
    /// once in kPatience for each port, if `may_ask`; in between and beyond the rate nothing is
    /// known.
    Advice consult(const tcp::Block& key, bool may_ask, tcp::Time now) {
        Place* const place = find(key);
        if (place == nullptr || now >= place->refused_at + kMemory) {
            return Advice::kNothingKnown;
        }
        if (now < place->refused_at + kFresh) {
            return Advice::kRefuse;
        }
        if (!may_ask || now < place->asked_at + kPatience || !take_question(now)) {
            return Advice::kNothingKnown;
        }
        place->asked_at = now;
        return Advice::kAsk;
    }
    /// The port has refused at `now`, which may be a little earlier than that of another call.
    /// Where a set is full, what refused longest ago gives way.
    void remember(const tcp::Block& key, std::uint16_t port, tcp::Time now) {
        if (!knows_any(now)) {
            ports_.reset();
        }
        Place* place = find(key);
        if (place == nullptr) {
            Set& set = sets_[key.low % kSets];
            place = std::min_element(set.begin(), set.end(), [](const Place& a, const Place& b) {
                return a.refused_at < b.refused_at;
            });
        }
        *place = {.key = key, .refused_at = now, .asked_at = {}};
        ports_.set(port);
        all_forgotten_ = std::max(all_forgotten_, now + kMemory);
    }
    /// Whether the port was in it; it is not any longer.
    bool forget(const tcp::Block& key) {
        Place* const place = find(key);
        if (place == nullptr) {
            return false;
        }
        *place = {};
        return true;
    }
    /// Whether the port is in it, however old its refusal.
    [[nodiscard]] bool has(const tcp::Block& key) { return find(key) != nullptr; }
    /// Whether `port` of any address may be in it: to be asked first, as keys cost a hash.
    [[nodiscard]] bool knows_any(std::uint16_t port, tcp::Time now) const {
        return knows_any(now) && ports_.test(port);
    }

  private:
    struct Place {
        tcp::Block key;
        tcp::Time refused_at;
        tcp::Time asked_at;
    };
    // Eight places for each hash value of a thousand: by chance, 1,000 ports lose one of
    // them in some 1,000 runs.
    static constexpr std::size_t kSets = 1024;
    using Set = std::array<Place, 8>;

    [[nodiscard]] bool knows_any(tcp::Time now) const { return now < all_forgotten_; }
    Place* find(const tcp::Block& key) {
        Set& set = sets_[key.low % kSets];
        const auto place =
            std::find_if(set.begin(), set.end(), [&](const Place& its) { return its.key == key; });
        return place == set.end() ? nullptr : place;
    }
    /// A token bucket, as the time at which it will be full.
    bool take_question(tcp::Time now) {
        const tcp::Time from = std::max(full_at_, now);
        if (from - now >= kBurstTime) {
            return false;
        }
        full_at_ = from + interval_;
        return true;
    }

    std::array<Set, kSets> sets_{};
    std::bitset<65536> ports_;
    tcp::Time all_forgotten_;
    tcp::Duration interval_;
    tcp::Time full_at_;
};

}  // namespace synward::defense
