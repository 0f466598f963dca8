// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "number.h"

namespace synward::model {

inline constexpr unsigned kSample = 8;

/// A segment as an endpoint means it. Of its data only the first octets are written out, as much as
/// tells where in which stream they belong; the others are zero.
struct Segment {
    bool syn = false, ack = false, fin = false, rst = false;
    Number sequence{};
    Number acknowledgment{};
    std::uint32_t length = 0;  ///< octets of data
    std::uint16_t window = 0;  ///< as in the header
    std::optional<std::uint16_t> mss{};
    std::optional<std::uint8_t> scale{};
    bool sack_permitted = false;
    bool has_timestamps = false;
    std::uint32_t timestamp = 0;
    std::uint32_t echo = 0;
    std::array<std::uint8_t, kSample> sample{};

    /// Sequence numbers that it takes up (RFC 9293 section 3.4: SEG.LEN).
    [[nodiscard]] std::uint32_t sequence_length() const {
        return length + (syn ? 1U : 0U) + (fin ? 1U : 0U);
    }
    [[nodiscard]] Number end() const { return sequence + sequence_length(); }
    [[nodiscard]] unsigned sampled() const { return std::min<unsigned>(length, kSample); }
};

/// The octet at `offset` of the stream that is known by `key`.
constexpr std::uint8_t octet_of_stream(std::uint32_t key, std::uint32_t offset) {
    std::uint32_t mixed = (key ^ (offset * 0x9e37'79b1U)) * 0x85eb'ca6bU;
    mixed ^= mixed >> 15U;
    return static_cast<std::uint8_t>((mixed * 0xc2b2'ae35U) >> 24U);
}

}  // namespace synward::model
