// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <cstdint>

#include "defense/arrival.h"
#include "wire/segment.h"

namespace synward::worker {

/// What a device is to do for the workers.
struct Offloads {
    std::uint64_t receive = 0;   ///< RTE_ETH_RX_OFFLOAD_*
    std::uint64_t transmit = 0;  ///< RTE_ETH_TX_OFFLOAD_*
    /// Its word on a packet's checksums may be taken: see checksums_by_device().
    bool verifies_checksums = false;
    bool takes_chains = false;  ///< packets of several buffers may be given to it
};

/// Chooses among what a device offers. `frames_fit`: no frame of its link, in either direction, is
/// larger than a packet buffer. Such a link needs no packets of several buffers, without which
/// drivers have faster paths, and all its packets come from one pool and have one owner, so that
/// they may be given back the fast way.
///
/// Checksums on transmission stay the workers': what they change, they know the difference of.
Offloads choose_offloads(const rte_eth_dev_info& device, bool frames_fit);

/// What a device that verifies checksums says of a packet. Where it has found one wrong, or did not
/// look, the worker is to see for itself.
inline defense::ChecksumState checksums_by_device(const rte_mbuf& packet,
                                                  const wire::Segment& segment) {
    const std::uint64_t found =
        packet.ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
    // IPv6 has no checksum of its own, of which some drivers say nothing.
    const bool are_right = found == (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD) ||
                           (found == RTE_MBUF_F_RX_L4_CKSUM_GOOD && !segment.is_ipv4());
    return are_right ? defense::ChecksumState::kAllRight : defense::ChecksumState::kUnknown;
}

}  // namespace synward::worker
