// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "wire/address.h"
#include "wire/address_words.h"

namespace synward::defense {

/// A value for each of some prefixes, and for an address that of the longest prefix which holds it.
///
/// Built once by the control thread; a lookup does not allocate and costs one hash probe for each
/// prefix length that the address's family has here.
template <typename Value>
class PrefixMap {
  public:
    struct Entry {
        wire::Prefix prefix;
        Value value;
    };

    PrefixMap() : PrefixMap{std::vector<Entry>{}} {}
    /// Of entries with the same prefix the first one counts.
    explicit PrefixMap(const std::vector<Entry>& entries)
        : places_(std::bit_ceil(entries.size() * 2 + 2)), mask_of_places_{places_.size() - 1} {
        for (const Entry& entry : entries) {
            const std::uint8_t length = entry.prefix.mapped_length();
            const wire::AddressWords network = wire::words_of(entry.prefix.address);
            Place& place = places_[place_of(network, length)];
            if (!place.in_use) {
                place = {network, entry.value, length, true};
                add_length(masks_[entry.prefix.is_ipv4() ? 1 : 0], length);
            }
        }
    }

    /// The most places that a search looks at for one prefix length. Control thread.
    [[nodiscard]] std::size_t longest_search() const {
        // A search ends at an empty place, so none is longer than the longest run of taken ones,
        // which may go around the end.
        std::size_t longest = 0;
        std::size_t run = 0;
        for (std::size_t step = 0; step < 2 * places_.size(); ++step) {
            run = places_[step % places_.size()].in_use ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        return longest + 1;
    }

    [[nodiscard]] bool empty() const { return masks_[0].empty() && masks_[1].empty(); }

    /// nullptr: no prefix holds the address.
    [[nodiscard]] const Value* find(const wire::Address& address) const {
        const wire::AddressWords words = wire::words_of(address);
        for (const Mask& mask : masks_[address.is_ipv4() ? 1 : 0]) {
            const Place& place = places_[place_of(words & mask.words, mask.length)];
            if (place.in_use) {
                return &place.value;
            }
        }
        return nullptr;
    }

  private:
    struct Place {
        wire::AddressWords network;
        Value value{};
        std::uint8_t length = 0;  // mapped, so that the families cannot be taken for one another
        bool in_use = false;
    };
    struct Mask {
        wire::AddressWords words;
        std::uint8_t length;
    };

    static void add_length(std::vector<Mask>& masks, std::uint8_t length) {
        const auto behind =
            std::ranges::lower_bound(masks, length, std::ranges::greater{}, &Mask::length);
        if (behind == masks.end() || behind->length != length) {
            masks.insert(behind, {wire::mask_words(length), length});
        }
    }

    /// Where the prefix is, or the empty place where it would be.
    [[nodiscard]] std::size_t place_of(const wire::AddressWords& network,
                                       std::uint8_t length) const {
        // The keys are the operator's own prefixes: an attacker chooses the probes but not what
        // lies in the table, and a probe ends at the first empty place.
        const std::uint64_t hash = wire::mixed(network, length * 0x9e37'79b9'7f4a'7c15U);
        std::size_t place = (hash >> 32U) & mask_of_places_;
        while (places_[place].in_use &&
               !(places_[place].length == length && places_[place].network == network)) {
            place = (place + 1) & mask_of_places_;
        }
        return place;
    }

    std::array<std::vector<Mask>, 2> masks_;  ///< of IPv6 and of IPv4, longest first
    std::vector<Place> places_;               ///< open addressing, at most half full
    std::size_t mask_of_places_;
};

}  // namespace synward::defense
