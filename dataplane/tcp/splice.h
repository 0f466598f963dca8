// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/segment.h"

namespace synward::tcp {

/// What lies between the two numberings of a spliced connection, for one segment.
struct Translation {
    std::uint32_t sequence_delta =
        0;  ///< client's view of the server's sequence numbers less its own
    std::uint32_t timestamp_delta = 0;  ///< the same for the server's TSval
    std::uint8_t client_scale = 0;      ///< as the client scales its windows, or kNoWindowScale
    std::uint8_t server_scale = 0;      ///< kNoWindowScale: the server does not scale
    std::uint8_t promised_scale = 0;    ///< the server's scale as the client was told
    bool timestamps = false;            ///< both ends use timestamps
    bool strip_timestamps = false;      ///< only the client does: its option becomes padding
    bool strip_sack = false;            ///< the same for SACK blocks
};

/// Translates the headers of a spliced connection's segment in place, in the direction in which it
/// goes, and updates its TCP checksum by the difference (RFC 1624), so that a wrong checksum stays
/// wrong. From the inside: sequence number, TSval and window. From the outside: acknowledgment
/// number, SACK edges (RFC 2018) and TSecr (RFC 7323).
///
/// `frame` begins at the Ethernet header and holds all headers. Returns false, with the frame as it
/// was, when the options are malformed.
[[nodiscard]] bool splice(std::span<std::uint8_t> frame, const wire::Segment& segment,
                          const Translation& translation);

}  // namespace synward::tcp
