// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace synward::wire {

/// The host's value of `value` with its bytes reversed.
template <std::unsigned_integral T>
constexpr T byte_swapped(T value) {
    if constexpr (sizeof(T) == 1) {
        return value;
    } else if constexpr (sizeof(T) == 2) {
        return __builtin_bswap16(value);
    } else if constexpr (sizeof(T) == 4) {
        return __builtin_bswap32(value);
    } else {
        static_assert(sizeof(T) == 8);
        return __builtin_bswap64(value);
    }
}

/// A number as it lies on the wire: most significant byte first, at any alignment.
///
/// It converts to and from the host's numbers only by name, so that a wire value and a host value
/// that meet without a conversion do not compile. Made of bytes, so a header struct of these may
/// lie over any buffer.
template <std::unsigned_integral T>
class BigEndian {
  public:
    constexpr BigEndian() = default;
    static constexpr BigEndian from_host(T value) {
        BigEndian result;
        result.assign(value);
        return result;
    }
    /// The value in the host's byte order.
    [[nodiscard]] constexpr T host() const {
        return byte_swapped_if_little(std::bit_cast<T>(bytes_));
    }
    /// Stores `value`, given in the host's byte order.
    constexpr void assign(T value) { bytes_ = std::bit_cast<Bytes>(byte_swapped_if_little(value)); }
    /// The 16 bits or more exactly as they lie in memory; only for checksums, which do not care.
    [[nodiscard]] constexpr T raw() const { return std::bit_cast<T>(bytes_); }

    friend constexpr bool operator==(const BigEndian&, const BigEndian&) = default;

  private:
    struct Bytes {
        unsigned char byte[sizeof(T)];
        friend constexpr bool operator==(const Bytes&, const Bytes&) = default;
    };
    static constexpr T byte_swapped_if_little(T value) {
        return std::endian::native == std::endian::little ? byte_swapped(value) : value;
    }
    Bytes bytes_{};
};

using Big16 = BigEndian<std::uint16_t>;
using Big32 = BigEndian<std::uint32_t>;
using Big64 = BigEndian<std::uint64_t>;
static_assert(sizeof(Big16) == 2 && alignof(Big16) == 1);
static_assert(sizeof(Big32) == 4 && alignof(Big32) == 1);

}  // namespace synward::wire
