// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace synward::model {

/// 64 bits over words, by multiplication and folding. Among 10^7 states two collide with a chance
/// of 3 in 10^6.
class Hash {
  public:
    void add(std::uint64_t word) {
        const auto product = static_cast<Wide>(value_ ^ word) * 0x9e37'79b9'7f4a'7c15U;
        value_ = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U) ^
                 (value_ << 1U);
    }
    void add_bytes(std::span<const std::uint8_t> bytes) {
        std::size_t at = 0;
        for (; at < bytes.size(); at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, &bytes[at], bytes.size() - at < 8 ? bytes.size() - at : 8);
            add(word);
        }
    }
    [[nodiscard]] std::uint64_t value() const {
        const auto product = static_cast<Wide>(value_) * 0xd6e8'feb8'6659'fd93U;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }

  private:
    __extension__ typedef unsigned __int128 Wide;
    std::uint64_t value_ = 0x243f'6a88'85a3'08d3;
};

}  // namespace synward::model
