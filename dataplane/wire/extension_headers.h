// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace synward::wire {

/// What lies behind IPv6's extension headers.
struct UpperLayer {
    enum class Kind : std::uint8_t {
        kWhole,     ///< a packet of `protocol` whose header begins at `offset`
        kFragment,  ///< a fragment of a packet of `protocol`: the first, whose header begins at
                    ///< `offset`, or with an `offset` of zero a later one
        kUnknown,   ///< the chain is cut off or too long
    };
    Kind kind = Kind::kUnknown;
    std::uint8_t protocol = 0;
    unsigned offset = 0;
};

/// Follows the chain that begins with a header of type `next_header` at `offset` of `bytes` (RFC
/// 8200 section 4). Reads nothing outside `bytes`; `offset` may lie behind their end.
UpperLayer walk_extension_headers(std::span<const std::uint8_t> bytes, std::uint8_t next_header,
                                  unsigned offset);

}  // namespace synward::wire
