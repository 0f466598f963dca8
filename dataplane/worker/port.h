// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mempool.h>

#include <cstdint>
#include <string>

#include "wire/four_tuple.h"

namespace synward::worker {

/// One device of a link, as the workers use it.
struct Port {
    std::uint16_t id = 0;       ///< DPDK's number
    std::uint16_t peer_id = 0;  ///< of the link's other port
    std::uint16_t link = 0;
    wire::Side side = wire::Side::kOutside;
    std::uint16_t receive_queues = 1;
    std::uint16_t transmit_queues = 1;
    bool takes_chains = true;         ///< packets of several buffers may be given to it
    bool verifies_checksums = false;  ///< received packets tell what it has found
    bool frees_fast = false;          ///< gives sent packets back in bulk, unseen
    rte_mempool* buffers = nullptr;
};

/// The worker that serves queue `queue` of a port on link `link`: links begin with different
/// workers, so that devices with one queue spread over them. Its inverse is queue_of.
constexpr std::uint16_t worker_of(std::uint16_t queue, std::uint16_t link, std::uint16_t workers) {
    return static_cast<std::uint16_t>((queue + link) % workers);
}
constexpr std::uint16_t queue_of(std::uint16_t worker, std::uint16_t link, std::uint16_t workers) {
    return static_cast<std::uint16_t>((worker + workers - link % workers) % workers);
}

/// What the device can do, before it is configured.
struct PortAbilities {
    std::string driver;
    std::uint16_t receive_queues = 1;
    std::uint16_t transmit_queues = 1;
    bool symmetric_rss = false;  ///< can spread TCP over its queues, both directions alike
    std::uint16_t mtu = 1500;
};

/// Reads them. Throws std::runtime_error where the device does not answer.
PortAbilities abilities_of(std::uint16_t port_id);

struct PortSettings {
    std::uint16_t receive_queues = 1;
    std::uint16_t transmit_queues = 1;
    bool rss = false;
    bool frames_fit = false;  ///< no frame of the link is larger than a packet buffer
    std::uint16_t mtu = 0;    ///< 0: as it is
};

/// Configures and starts the device: promiscuous, every link-layer address passes. Sets `port`'s
/// queues and all that tells what the device does; `port.id` and `port.buffers` are set already.
/// Throws std::runtime_error that names the device and what it refused.
void start_port(Port& port, const PortSettings& settings);

}  // namespace synward::worker
