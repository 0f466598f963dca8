// SPDX-License-Identifier: BSD-3-Clause
#include "worker/offloads.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace synward::worker {
namespace {

constexpr std::uint64_t kChecksums = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;

/// Their other end may leave a checksum for them to complete, which counts as verified and would
/// leave the box as it came: incomplete. Without the offload they are not given such packets.
constexpr std::array<std::string_view, 3> kPartialChecksums{"net_virtio", "net_virtio_user",
                                                            "net_vhost"};

/// These do not announce it, and read every buffer of a packet all the same.
constexpr std::array<std::string_view, 2> kReadChains{"net_pcap", "net_null"};

}  // namespace

Offloads choose_offloads(const rte_eth_dev_info& device, bool frames_fit) {
    const std::string_view driver = device.driver_name;
    Offloads chosen;
    chosen.verifies_checksums = (device.rx_offload_capa & kChecksums) == kChecksums &&
                                std::ranges::count(kPartialChecksums, driver) == 0;
    if (chosen.verifies_checksums) {
        chosen.receive |= kChecksums;
    }
    if (frames_fit && (device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0) {
        chosen.transmit |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
        return chosen;
    }
    chosen.receive |= device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    chosen.transmit |= device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    chosen.takes_chains = chosen.transmit != 0 || std::ranges::count(kReadChains, driver) != 0;
    return chosen;
}

}  // namespace synward::worker
