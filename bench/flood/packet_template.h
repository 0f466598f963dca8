// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "flood/specification.h"
#include "wire/checksum.h"

namespace synward::flood {

/// A frame with all that packets of one kind to one destination have in common. The fields that
/// differ are zero, and the sums are of the rest: adding the fields gives the checksums.
struct PacketTemplate {
    std::vector<std::uint8_t> bytes;
    wire::ChecksumSum ip_sum;   ///< of the IPv4 header
    wire::ChecksumSum tcp_sum;  ///< of pseudo-header, TCP header, options and data
    std::uint16_t ip_offset = 0;
    std::uint16_t tcp_offset = 0;
    std::uint16_t timestamps_offset = 0;  ///< of TSval; 0 for no timestamps
    bool is_ipv4 = true;
    bool acknowledges = false;
};

/// `kind` is any but kMixed.
PacketTemplate make_template(const FloodSpecification& specification, FloodKind kind,
                             const wire::Address& destination);

}  // namespace synward::flood
