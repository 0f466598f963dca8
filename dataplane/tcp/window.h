// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "tcp/cookie.h"

namespace synward::tcp {

/// By code: what a WindowBound stands for, in octets. Each data segment asks several times.
inline constexpr auto kWindowOctets = [] {
    std::array<std::uint32_t, 256> octets{};
    for (unsigned code = 0; code < octets.size(); ++code) {
        const unsigned exponent = code >> 3U;
        const unsigned mantissa = code & 7U;
        octets[code] = exponent == 0 ? mantissa : (8U + mantissa) << (exponent - 1);
    }
    return octets;
}();

/// The largest window seen, in one byte: a floating-point number of five bits of exponent and three
/// of mantissa, rounded up, so that what is inside the true window is inside this one.
class WindowBound {
  public:
    [[nodiscard]] constexpr std::uint32_t octets() const { return kWindowOctets[code_]; }
    /// The same, for whoever has something to look up by each of them: 0-255.
    [[nodiscard]] constexpr std::uint8_t code() const { return code_; }
    /// Makes the bound at least `octets` (up to 2^31).
    constexpr void raise(std::uint32_t octets) {
        if (octets > this->octets()) {
            code_ = code_of(octets);
        }
    }

  private:
    static constexpr std::uint8_t code_of(std::uint32_t octets) {
        if (octets < 8) {
            return static_cast<std::uint8_t>(octets);
        }
        unsigned shift = static_cast<unsigned>(std::bit_width(octets)) - 4U;
        std::uint32_t leading = octets >> shift;  // 8 to 15
        if ((leading << shift) < octets && ++leading == 16) {
            leading = 8;
            ++shift;
        }
        return static_cast<std::uint8_t>(((shift + 1) << 3U) | (leading - 8));
    }

    std::uint8_t code_ = 0;
};

/// A window field in octets (RFC 7323 section 2.2); `scale` may be kNoWindowScale.
constexpr std::uint32_t scaled_window(std::uint16_t field, unsigned scale) {
    return scale == kNoWindowScale ? field : std::uint32_t{field} << scale;
}

/// The window field that says the same under another scale: rounded down, but never from an open
/// window to a closed one (RFC 9293 SHLD-14, RFC 7323 section 2.4), and at most what fits.
constexpr std::uint16_t rescaled_window(std::uint16_t field, unsigned from_scale,
                                        unsigned to_scale) {
    const std::uint32_t octets = scaled_window(field, from_scale);
    const std::uint32_t wanted = octets >> (to_scale == kNoWindowScale ? 0 : to_scale);
    if (wanted == 0 && field != 0) {
        return 1;
    }
    return static_cast<std::uint16_t>(wanted > 0xffff ? 0xffff : wanted);
}

}  // namespace synward::tcp
