// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

#include "wire/address.h"
#include "wire/address_words.h"

namespace synward::defense {

/// What counts as one source where sources are limited: all addresses of one IPv4 or IPv6 prefix,
/// as one number that no other prefix has.
///
/// An IPv6 host has at least a /64 to itself, so no longer prefix tells hosts apart, and eight
/// bytes are enough for both families. Any thread; immutable.
class SourcePrefix {
  public:
    /// Which no source has: that of a multicast address.
    static constexpr std::uint64_t kNobody = ~std::uint64_t{0};

    /// Lengths: 0-32 and 0-64.
    SourcePrefix(unsigned ipv4_length, unsigned ipv6_length)
        : ipv4_length_{static_cast<std::uint8_t>(ipv4_length)},
          ipv6_length_{static_cast<std::uint8_t>(ipv6_length)},
          ipv4_mask_{wire::mask_words(96 + ipv4_length).second},
          ipv6_mask_{wire::mask_words(ipv6_length).first} {}

    [[nodiscard]] std::uint64_t number_of(const wire::Address& source) const {
        const wire::AddressWords words = wire::words_of(source);
        // An IPv6 prefix that begins with 32 ones, as these do, is one of multicast addresses.
        return source.is_ipv4() ? (words.second & ipv4_mask_) | 0xffff'ffffU
                                : words.first & ipv6_mask_;
    }

    /// The same of an IPv4 address.
    [[nodiscard]] std::uint64_t number_of(wire::Big32 source) const {
        return (std::uint64_t{source.raw()} << 32U & ipv4_mask_) | 0xffff'ffffU;
    }

    /// The prefix that a number stands for.
    [[nodiscard]] wire::Prefix prefix_of(std::uint64_t number) const {
        const bool is_ipv4 = (number & 0xffff'ffffU) == 0xffff'ffffU;
        const wire::AddressWords words =
            is_ipv4 ? wire::AddressWords{0, (number & ~std::uint64_t{0xffff'ffffU}) | 0xffff'0000U}
                    : wire::AddressWords{number, 0};
        return {std::bit_cast<wire::Address>(words), is_ipv4 ? ipv4_length_ : ipv6_length_};
    }

  private:
    std::uint8_t ipv4_length_;
    std::uint8_t ipv6_length_;
    std::uint64_t ipv4_mask_;
    std::uint64_t ipv6_mask_;
};

}  // namespace synward::defense
