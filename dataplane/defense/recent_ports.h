// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/address_words.h"
#include "wire/endian.h"
#include "wire/four_tuple.h"

namespace synward::defense {

/// What has been found out of late about inside addresses and ports: `Made`, which has a `key` and
/// a `stamp`, both zero where there is none. Two places for each hash of address and port, the
/// later one's first, so that two busy ports that meet there both stay; of a third one, the oldest
/// gives way. Whoever finds none decides in the general way and leaves here what he has found out;
/// floods of more ports than there are places cost a little more for it. IPv4 alone. One worker's
/// thread.
///
/// What is counted of a port waits in its place (`untold`) until it is told to whoever keeps count
/// (`Made::tell()`): his memory is a cache line more for each port, which packets of a flood had
/// better not wait for.
template <typename Made>
class RecentPorts {
  public:
    static constexpr unsigned kSets = 4096;

    /// Makes all of it worthless: another epoch has begun, or another policy.
    void forget_all() {
        tell();
        ++stamp_;
    }

    /// Nullptr: there is none.
    [[nodiscard]] Made* find(wire::Big32 address, std::uint16_t port) {
        const std::uint64_t key = key_of(address, port);
        Set& set = sets_[set_of(key)];
        if (is_of(set[0], key)) [[likely]] {
            return &set[0];
        }
        return is_of(set[1], key) ? &set[1] : nullptr;
    }
    /// `made`: but for its key, its stamp and what is counted. Where one is there already, what it
    /// has counted goes to whom it would have gone to.
    void keep(const wire::FourTuple& tuple, const Made& made) {
        const std::uint64_t key = key_of(wire::ipv4_word(tuple.inside_address), tuple.inside_port);
        Set& set = sets_[set_of(key)];
        const bool is_anew = is_of(set[0], key);
        if (!is_anew) {
            if (set[0].untold != 0 || set[1].untold != 0) {
                tell();
            }
            set[1] = set[0];
        }
        const std::uint32_t untold = is_anew ? set[0].untold : 0;
        set[0] = made;
        set[0].untold = untold;
        set[0].key = key;
        set[0].stamp = stamp_;
    }
    /// One more for what find() has given.
    [[gnu::always_inline]] void count(Made& made) {
        if (made.untold == 0) {
            untold_[untold_count_++] = static_cast<std::uint16_t>(&made - sets_.front().data());
        }
        ++made.untold;
    }
    /// Tells whatever has been counted.
    void tell() {
        for (unsigned place = 0; place < untold_count_; ++place) {
            Made& made = sets_[untold_[place] / kWays][untold_[place] % kWays];
            made.tell();
            made.untold = 0;
        }
        untold_count_ = 0;
    }

  private:
    static constexpr unsigned kWays = 2;
    using Set = std::array<Made, kWays>;
    static std::uint64_t key_of(wire::Big32 address, std::uint16_t port) {
        return std::uint64_t{address.raw()} << 16U | port;
    }
    static std::size_t set_of(std::uint64_t key) {
        return (key * 0x9e37'79b9'7f4a'7c15U) >> (64U - 12U);
    }
    static_assert(kSets == 1U << 12U);
    [[nodiscard]] bool is_of(const Made& made, std::uint64_t key) const {
        return made.key == key && made.stamp == stamp_;
    }

    std::array<Set, kSets> sets_{};
    std::uint64_t stamp_ = 1;
    std::array<std::uint16_t, kSets * kWays> untold_{};  ///< places of which something is untold
    unsigned untold_count_ = 0;
};

}  // namespace synward::defense
