// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace synward::wire {

/// An IPv4 or IPv6 address. IPv4 is kept as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2),
/// so that one key serves both families. Bytes are in network order.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    static Address from_ipv4(const std::uint8_t* four_bytes) {
        Address address;
        address.bytes[10] = address.bytes[11] = 0xff;
        std::memcpy(&address.bytes[12], four_bytes, 4);
        return address;
    }
    static Address from_ipv6(const std::uint8_t* sixteen_bytes) {
        Address address;
        std::memcpy(address.bytes.data(), sixteen_bytes, 16);
        return address;
    }
    /// Reads the usual notation of either family; nothing else, no names. Control thread only.
    static std::optional<Address> parse(std::string_view text);

    [[nodiscard]] bool is_ipv4() const {
        // In whole words: every packet asks, and a call of memcmp costs more than all the rest.
        const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
        constexpr std::array<std::uint8_t, 16> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        constexpr std::array<std::uint8_t, 16> kMask{0,    0,    0,    0,    0, 0, 0, 0,
                                                     0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
        constexpr auto kMappedWords = std::bit_cast<std::array<std::uint64_t, 2>>(kMapped);
        constexpr auto kMaskWords = std::bit_cast<std::array<std::uint64_t, 2>>(kMask);
        return words[0] == 0 && (words[1] & kMaskWords[1]) == kMappedWords[1];
    }
    [[nodiscard]] const std::uint8_t* ipv4() const { return bytes.data() + 12; }
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Address& a, const Address& b) {
        using Words = std::array<std::uint64_t, 2>;
        const auto words_a = std::bit_cast<Words>(a.bytes);
        const auto words_b = std::bit_cast<Words>(b.bytes);
        return ((words_a[0] ^ words_b[0]) | (words_a[1] ^ words_b[1])) == 0;
    }
    friend auto operator<=>(const Address&, const Address&) = default;
};

/// An address block. `length` counts from the family's own first bit (0-32 or 0-128).
struct Prefix {
    Address address;
    std::uint8_t length = 0;

    /// "192.0.2.0/24", "2001:db8::/32" or a lone address (a prefix of full length). Bits beyond the
    /// length must be zero, as a network's name has none. Control thread only.
    static std::optional<Prefix> parse(std::string_view text);

    [[nodiscard]] bool is_ipv4() const { return address.is_ipv4(); }
    /// The length counted in the 128 bits of Address: 96 more for IPv4.
    [[nodiscard]] std::uint8_t mapped_length() const {
        return static_cast<std::uint8_t>(is_ipv4() ? length + 96 : length);
    }
    [[nodiscard]] bool contains(const Address& candidate) const;
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Prefix&, const Prefix&) = default;
};

/// `address` with all but its first `mapped_length` (0-128) bits cleared.
Address masked(const Address& address, unsigned mapped_length);

}  // namespace synward::wire
