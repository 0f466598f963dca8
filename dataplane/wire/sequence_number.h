// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace synward::wire {

/// A TCP sequence number: a point on a circle of 2^32 (RFC 9293 section 3.4).
///
/// There is no `<`: on a circle it is not transitive. `before` and its kin are true within half the
/// circle, and distances are signed.
class SequenceNumber {
  public:
    constexpr SequenceNumber() = default;
    constexpr explicit SequenceNumber(std::uint32_t value) : value_{value} {}
    [[nodiscard]] constexpr std::uint32_t value() const { return value_; }

    friend constexpr bool operator==(SequenceNumber, SequenceNumber) = default;
    friend constexpr SequenceNumber operator+(SequenceNumber number, std::uint32_t octets) {
        return SequenceNumber{number.value_ + octets};
    }
    friend constexpr SequenceNumber operator-(SequenceNumber number, std::uint32_t octets) {
        return SequenceNumber{number.value_ - octets};
    }
    /// How far `number` lies after `origin`; negative when it lies before.
    friend constexpr std::int32_t distance(SequenceNumber origin, SequenceNumber number) {
        return static_cast<std::int32_t>(number.value_ - origin.value_);
    }
    friend constexpr bool before(SequenceNumber a, SequenceNumber b) { return distance(b, a) < 0; }
    friend constexpr bool before_or_at(SequenceNumber a, SequenceNumber b) {
        return distance(b, a) <= 0;
    }

  private:
    std::uint32_t value_ = 0;
};

}  // namespace synward::wire
