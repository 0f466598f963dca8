// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "wire/address.h"
#include "wire/endian.h"

namespace synward::wire {

/// An address, or a prefix of one, as two words of memory: to mask, compare and hash it without a
/// look at single bytes. What lies at a lower address is in a word's lower bits (little-endian).
struct AddressWords {
    std::uint64_t first = 0;   ///< bytes 0-7: an IPv6 address's network
    std::uint64_t second = 0;  ///< bytes 8-15: the interface; of IPv4, the whole address

    friend bool operator==(const AddressWords&, const AddressWords&) = default;
    friend AddressWords operator&(const AddressWords& a, const AddressWords& b) {
        return {a.first & b.first, a.second & b.second};
    }
};
static_assert(sizeof(AddressWords) == sizeof(Address));
static_assert(std::endian::native == std::endian::little);

inline AddressWords words_of(const Address& address) {
    return std::bit_cast<AddressWords>(address);
}

/// The four bytes of an IPv4 address.
inline Big32 ipv4_word(const Address& address) {
    return std::bit_cast<Big32>(static_cast<std::uint32_t>(words_of(address).second >> 32U));
}

/// The IPv4 address whose four bytes lie in memory as `bytes` does.
inline Address ipv4_address_of(std::uint32_t bytes) {
    return std::bit_cast<Address>(
        AddressWords{0, std::uint64_t{bytes} << 32U | std::uint64_t{0xffff'0000}});
}

/// The words in which the first `mapped_length` (0-128) bits are set.
inline AddressWords mask_words(unsigned mapped_length) {
    Address ones;
    ones.bytes.fill(0xff);
    return words_of(masked(ones, mapped_length));
}

/// A cheap hash of an address or prefix: for tables to which an attacker cannot add.
///
/// Both halves of a product: an address's last octets lie in a word's highest bits, which a
/// multiplication moves up alone, so that the lower half says too little about them.
inline std::uint64_t mixed(const AddressWords& words, std::uint64_t key) {
    __extension__ using Product = unsigned __int128;
    const Product product =
        Product{words.first ^ key} * (words.second ^ std::uint64_t{0xd6e8'feb8'6659'fd93});
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace synward::wire
