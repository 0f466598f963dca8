// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "wire/endian.h"

namespace synward::wire {

inline constexpr std::uint8_t kOptionEnd = 0;
inline constexpr std::uint8_t kOptionNoOperation = 1;
inline constexpr std::uint8_t kOptionMss = 2;
inline constexpr std::uint8_t kOptionWindowScale = 3;
inline constexpr std::uint8_t kOptionSackPermitted = 4;
inline constexpr std::uint8_t kOptionSack = 5;
inline constexpr std::uint8_t kOptionTimestamps = 8;
inline constexpr std::uint8_t kOptionMd5Signature = 19;    // RFC 2385
inline constexpr std::uint8_t kOptionAuthentication = 29;  // TCP-AO, RFC 5925
inline constexpr std::uint8_t kOptionFastOpen = 34;        // RFC 7413
inline constexpr std::uint8_t kOptionExperimental = 254;   // RFC 6994
inline constexpr std::uint16_t kExperimentFastOpen = 0xf989;
inline constexpr std::uint8_t kMaximumWindowScale = 14;  // RFC 7323 section 2.3
inline constexpr unsigned kMaximumOptionsLength = 40;
inline constexpr unsigned kOptionHeadLength = 2;  ///< an option's kind and length
inline constexpr unsigned kOptionMssLength = 4;   ///< these with their heads
inline constexpr unsigned kOptionWindowScaleLength = 3;
inline constexpr unsigned kOptionSackPermittedLength = 2;
inline constexpr unsigned kOptionTimestampsLength = 10;

/// RFC 7323 section 3.2, in host byte order.
struct Timestamps {
    std::uint32_t value = 0;
    std::uint32_t echo_reply = 0;

    friend bool operator==(const Timestamps&, const Timestamps&) = default;
};

/// The options of a SYN or SYN-ACK that synward takes part in.
struct HandshakeOptions {
    std::optional<std::uint16_t> mss;          ///< RFC 9293 section 3.7.1
    std::optional<std::uint8_t> window_scale;  ///< at most 14 (RFC 7323 section 2.3)
    bool sack_permitted = false;               ///< RFC 2018 section 2
    std::optional<Timestamps> timestamps;
    /// The segment is signed (RFC 2385, RFC 5925): nobody but its sender can change or answer it.
    /// Never written.
    bool is_signed = false;

    friend bool operator==(const HandshakeOptions&, const HandshakeOptions&) = default;
};

/// Where in an options text the fields lie that a splice must translate; offsets count from the
/// first option's first byte, zero meaning absent (no field can lie at zero).
struct OptionPositions {
    std::uint8_t timestamps = 0;   ///< of TSval; TSecr follows
    std::uint8_t sack = 0;         ///< of the first block's left edge
    std::uint8_t sack_blocks = 0;  ///< 0-4
};

/// Reads the options of a SYN or SYN-ACK. nullopt: an option has an illegal length (RFC 9293
/// MUST-7; a text that is cut off included). Unknown options are skipped (MUST-6). Of an option
/// that occurs twice the last counts, as in the common stacks.
std::optional<HandshakeOptions> read_handshake_options(std::span<const std::uint8_t> options);

/// Finds timestamps and SACK blocks. nullopt as above.
std::optional<OptionPositions> find_options(std::span<const std::uint8_t> options);

/// What lies at `bytes`, at any alignment.
template <typename Value>
Value read_at(const std::uint8_t* bytes) {
    Value value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// Reads the timestamps at `position` (from OptionPositions) of `options`.
inline Timestamps timestamps_at(std::span<const std::uint8_t> options, unsigned position) {
    return {read_at<Big32>(options.data() + position).host(),
            read_at<Big32>(options.data() + position + sizeof(Big32)).host()};
}

/// Overwrites every fast open option (RFC 7413, and its experimental form) with NOPs. Stops at an
/// option with an illegal length.
void blank_fast_open(std::span<std::uint8_t> options);

/// Writes `options` in the order of the common stacks (MSS, SACK permitted, timestamps, window
/// scale), padded with NOPs to a multiple of four, into `target` (40 bytes); returns the length.
unsigned write_handshake_options(const HandshakeOptions& options, std::span<std::uint8_t> target);

/// The options of a segment that is not part of a handshake: timestamps, or none.
inline HandshakeOptions only_timestamps(bool present, std::uint32_t value, std::uint32_t echo) {
    HandshakeOptions options;
    if (present) {
        options.timestamps = {value, echo};
    }
    return options;
}

}  // namespace synward::wire
