// SPDX-License-Identifier: BSD-3-Clause
#include "flood/port.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace synward::flood {
namespace {

constexpr unsigned kBuffers = 8191;
constexpr unsigned kBufferCache = 256;
constexpr std::uint16_t kDescriptors = 1024;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error(what + ": " + rte_strerror(error));
}

void check(int result, const std::string& what) {
    if (result < 0) {
        fail(what, -result);
    }
}

std::uint8_t* data_of(const rte_mbuf* buffer) {
    return static_cast<std::uint8_t*>(buffer->buf_addr) + buffer->data_off;
}

}  // namespace

Port::Port(const std::string& device) {
    const std::string name = device.substr(0, device.find(','));
    check(rte_eth_dev_get_port_by_name(name.c_str(), &id_), "there is no port " + name);
    pool_ = rte_pktmbuf_pool_create("flood", kBuffers, kBufferCache, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                    SOCKET_ID_ANY);
    if (pool_ == nullptr) {
        fail("no memory for packets", rte_errno);
    }
    start();
}

void Port::start() {
    const auto socket = static_cast<unsigned>(SOCKET_ID_ANY);
    rte_eth_dev_info info{};
    check(rte_eth_dev_info_get(id_, &info), "cannot query the port");
    rte_eth_conf configuration{};
    // Every buffer has one owner and comes from one pool, as this asks for.
    configuration.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    check(rte_eth_dev_configure(id_, 1, 1, &configuration), "cannot configure the port");
    std::uint16_t receive = kDescriptors;
    std::uint16_t transmit = kDescriptors;
    check(rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive, &transmit), "cannot size the queues");
    check(rte_eth_rx_queue_setup(id_, 0, receive, socket, nullptr, pool_),
          "cannot set up the receive queue");
    rte_eth_txconf transmit_configuration = info.default_txconf;
    transmit_configuration.offloads = configuration.txmode.offloads;
    check(rte_eth_tx_queue_setup(id_, 0, transmit, socket, &transmit_configuration),
          "cannot set up the transmit queue");
    check(rte_eth_dev_start(id_), "cannot start the port");
    // Answers to a --source-mac of the user's choice count as well; a port that cannot do this
    // receives its own.
    rte_eth_promiscuous_enable(id_);
}

Port::~Port() {
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
    rte_mempool_free(pool_);
}

MacAddress Port::mac() const {
    rte_ether_addr address{};
    check(rte_eth_macaddr_get(id_, &address), "the port tells no MAC address");
    MacAddress result;
    std::ranges::copy(address.addr_bytes, result.begin());
    return result;
}

Port::Sent Port::send(PacketFactory& factory, unsigned count) {
    std::array<rte_mbuf*, kBatch> batch;
    if (rte_pktmbuf_alloc_bulk(pool_, batch.data(), count) != 0) {
        return {.refused = count};  // all buffers wait in the port
    }
    std::uint64_t bytes = 0;
    for (rte_mbuf* buffer : std::span{batch}.first(count)) {
        const std::uint32_t length =
            factory.write_next({data_of(buffer), rte_pktmbuf_tailroom(buffer)});
        buffer->data_len = static_cast<std::uint16_t>(length);
        buffer->pkt_len = length;
        bytes += length;
    }
    const unsigned sent = rte_eth_tx_burst(id_, 0, batch.data(), static_cast<std::uint16_t>(count));
    for (const rte_mbuf* buffer : std::span{batch}.subspan(sent, count - sent)) {
        bytes -= buffer->pkt_len;
    }
    rte_pktmbuf_free_bulk(batch.data() + sent, count - sent);
    return {.packets = sent, .refused = count - sent, .bytes = bytes};
}

unsigned Port::receive(AnswerCounts& counts) {
    std::array<rte_mbuf*, kBatch> batch;
    const unsigned received = rte_eth_rx_burst(id_, 0, batch.data(), kBatch);
    for (const rte_mbuf* buffer : std::span{batch}.first(received)) {
        count_answer({data_of(buffer), buffer->data_len}, buffer->pkt_len, counts);
    }
    rte_pktmbuf_free_bulk(batch.data(), received);
    return received;
}

std::uint64_t Port::transmit_errors() const {
    rte_eth_stats statistics{};
    return rte_eth_stats_get(id_, &statistics) == 0 ? statistics.oerrors : 0;
}

}  // namespace synward::flood
