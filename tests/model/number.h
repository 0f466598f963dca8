// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace synward::model {

/// A sequence number, of the model's own: nothing here is taken from the data plane, since it is
/// what the data plane is measured by. RFC 9293 section 3.4: a difference is signed.
struct Number {
    std::uint32_t value = 0;

    friend constexpr bool operator==(Number, Number) = default;
    friend constexpr Number operator+(Number number, std::uint32_t octets) {
        return {number.value + octets};
    }
    friend constexpr Number operator-(Number number, std::uint32_t octets) {
        return {number.value - octets};
    }
    /// How far `number` is ahead of `origin`.
    friend constexpr std::int32_t ahead(Number number, Number origin) {
        return static_cast<std::int32_t>(number.value - origin.value);
    }
};

}  // namespace synward::model
