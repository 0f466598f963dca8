// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace synward::test {

/// RFC 1071 word by word, as the tests' own measure of what is right. Values in host byte order.
class ReferenceChecksum {
  public:
    void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) {
            add_byte(byte);
        }
    }
    void add16(unsigned value) {
        add_byte(value >> 8U & 0xffU);
        add_byte(value & 0xffU);
    }
    [[nodiscard]] std::uint16_t value() const { return static_cast<std::uint16_t>(~sum_); }

  private:
    void add_byte(unsigned byte) {
        sum_ += is_odd_ ? byte : byte << 8U;
        is_odd_ = !is_odd_;
        if (sum_ > 0xffff) {
            sum_ -= 0xffff;
        }
    }
    unsigned sum_ = 0;
    bool is_odd_ = false;
};

/// The checksum of `bytes` alone.
inline std::uint16_t reference_checksum(std::span<const std::uint8_t> bytes) {
    ReferenceChecksum sum;
    sum.add(bytes);
    return sum.value();
}

/// The checksum of a text of `protocol` between two addresses of four or sixteen bytes each, both
/// checksum and header as they are: zero when the text's own checksum is right.
inline std::uint16_t reference_upper_checksum(std::span<const std::uint8_t> source,
                                              std::span<const std::uint8_t> destination,
                                              unsigned protocol,
                                              std::span<const std::uint8_t> text) {
    ReferenceChecksum sum;
    sum.add(source);
    sum.add(destination);
    sum.add16(static_cast<unsigned>(text.size() >> 16U));
    sum.add16(static_cast<unsigned>(text.size() & 0xffffU));
    sum.add16(protocol);
    sum.add(text);
    return sum.value();
}

inline std::uint16_t reference_tcp_checksum(std::span<const std::uint8_t> source,
                                            std::span<const std::uint8_t> destination,
                                            std::span<const std::uint8_t> tcp) {
    return reference_upper_checksum(source, destination, 6, tcp);
}

}  // namespace synward::test
