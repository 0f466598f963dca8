// SPDX-License-Identifier: BSD-3-Clause
#include "worker/port.h"

#include <rte_errno.h>
#include <rte_ethdev.h>

#include <array>
#include <stdexcept>

#include "worker/offloads.h"

namespace synward::worker {
namespace {

constexpr std::uint16_t kDescriptors = 1024;
constexpr std::uint64_t kTcpHash = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP;
constexpr std::size_t kLongestHashKey = 64;

std::string name_of(std::uint16_t port_id) {
    std::array<char, RTE_ETH_NAME_MAX_LEN> name{};
    rte_eth_dev_get_name_by_port(port_id, name.data());
    return name.data();
}

void check(int result, std::uint16_t port_id, const char* what) {
    if (result != 0) {
        throw std::runtime_error{"device " + name_of(port_id) + ": " + what + ": " +
                                 rte_strerror(-result)};
    }
}

rte_eth_dev_info info_of(std::uint16_t port_id) {
    rte_eth_dev_info info{};
    check(rte_eth_dev_info_get(port_id, &info), port_id, "cannot be asked for its abilities");
    return info;
}

/// With 0x6d5a repeated the Toeplitz hash is the same for both directions of a connection.
std::array<std::uint8_t, kLongestHashKey> symmetric_key() {
    std::array<std::uint8_t, kLongestHashKey> key{};
    for (std::size_t index = 0; index < key.size(); ++index) {
        key[index] = index % 2 == 0 ? 0x6d : 0x5a;
    }
    return key;
}

}  // namespace

PortAbilities abilities_of(std::uint16_t port_id) {
    const rte_eth_dev_info info = info_of(port_id);
    PortAbilities abilities;
    abilities.driver = info.driver_name;
    abilities.receive_queues = info.max_rx_queues;
    abilities.transmit_queues = info.max_tx_queues;
    abilities.symmetric_rss = (info.flow_type_rss_offloads & kTcpHash) == kTcpHash &&
                              info.hash_key_size != 0 && info.hash_key_size <= kLongestHashKey;
    check(rte_eth_dev_get_mtu(port_id, &abilities.mtu), port_id, "does not tell its MTU");
    return abilities;
}

void start_port(Port& port, const PortSettings& settings) {
    const rte_eth_dev_info info = info_of(port.id);
    rte_eth_conf configuration{};
    auto key = symmetric_key();
    if (settings.rss) {
        configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        configuration.rx_adv_conf.rss_conf.rss_key = key.data();
        configuration.rx_adv_conf.rss_conf.rss_key_len = info.hash_key_size;
        configuration.rx_adv_conf.rss_conf.rss_hf = kTcpHash;
    }
    const Offloads offloads = choose_offloads(info, settings.frames_fit);
    configuration.rxmode.offloads = offloads.receive;
    configuration.txmode.offloads = offloads.transmit;
    if (settings.mtu != 0) {
        configuration.rxmode.mtu = settings.mtu;
    }
    check(rte_eth_dev_configure(port.id, settings.receive_queues, settings.transmit_queues,
                                &configuration),
          port.id, "refuses its configuration");
    if (settings.mtu != 0) {
        const int result = rte_eth_dev_set_mtu(port.id, settings.mtu);
        check(result == -ENOTSUP ? 0 : result, port.id, "refuses the MTU");
    }
    std::uint16_t receive_descriptors = kDescriptors;
    std::uint16_t transmit_descriptors = kDescriptors;
    check(rte_eth_dev_adjust_nb_rx_tx_desc(port.id, &receive_descriptors, &transmit_descriptors),
          port.id, "refuses its ring sizes");
    const int node = rte_eth_dev_socket_id(port.id);
    const unsigned socket = node < 0 ? 0U : static_cast<unsigned>(node);
    for (std::uint16_t queue = 0; queue < settings.receive_queues; ++queue) {
        check(rte_eth_rx_queue_setup(port.id, queue, receive_descriptors, socket, nullptr,
                                     port.buffers),
              port.id, "refuses a receive queue");
    }
    for (std::uint16_t queue = 0; queue < settings.transmit_queues; ++queue) {
        check(rte_eth_tx_queue_setup(port.id, queue, transmit_descriptors, socket, nullptr),
              port.id, "refuses a transmit queue");
    }
    check(rte_eth_dev_start(port.id), port.id, "does not start");
    // Devices without the notion (net_ring, net_null) hand over every frame anyway.
    const int promiscuous = rte_eth_promiscuous_enable(port.id);
    check(promiscuous == -ENOTSUP ? 0 : promiscuous, port.id, "refuses promiscuous mode");
    port.receive_queues = settings.receive_queues;
    port.transmit_queues = settings.transmit_queues;
    port.takes_chains = offloads.takes_chains;
    port.verifies_checksums = offloads.verifies_checksums;
    port.frees_fast = (offloads.transmit & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
}

}  // namespace synward::worker
