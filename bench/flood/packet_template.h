// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "flood/specification.h"
#include "wire/checksum.h"

namespace synward::flood {

/// What of a segment a packet carries.
enum class Part : std::uint8_t {
    kWhole,
    kFirstFragment,  ///< the TCP header and half of the rest
    kLaterFragment,  ///< what is left: data alone
};

/// A frame with all that packets of one kind to one destination have in common. The fields that
/// differ are zero, and the sums are of the rest: adding the fields gives the checksums.
struct PacketTemplate {
    std::vector<std::uint8_t> bytes;
    wire::ChecksumSum ip_sum;   ///< of the IPv4 header
    wire::ChecksumSum tcp_sum;  ///< of the whole segment's pseudo-header, header, options and data
    std::uint16_t ip_offset = 0;
    std::uint16_t fragment_offset = 0;    ///< of IPv6's fragment header; 0 for none
    std::uint16_t tcp_offset = 0;         ///< 0 for no TCP header: a later fragment
    std::uint16_t timestamps_offset = 0;  ///< of TSval; 0 for no timestamps
    bool is_ipv4 = true;
    bool acknowledges = false;
};

/// `kind` is any but kMixed; a fragment is `part` of it.
PacketTemplate make_template(const FloodSpecification& specification, FloodKind kind, Part part,
                             const wire::Address& destination);

}  // namespace synward::flood
