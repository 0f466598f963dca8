// SPDX-License-Identifier: BSD-3-Clause
#include "flood_search/trial.h"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>
#include <stdexcept>
#include <thread>

namespace synward::bench {
namespace {

constexpr unsigned kBatch = 32;
constexpr unsigned kBuffers = 16'383;
constexpr std::uint16_t kDescriptors = 1024;
constexpr double kStepOfDelays = 1.05;
constexpr double kLinger = 0.05;  // seconds of silence after which no answer comes any more
// A generator this far behind offers another rate than it says.
constexpr double kLate = 0.01;

void check(int result, const char* what) {
    if (result < 0) {
        throw std::runtime_error(std::string{what} + ": " + rte_strerror(-result));
    }
}

}  // namespace

void DelayHistogram::add(std::uint64_t cycles) {
    const double place = std::log(static_cast<double>(cycles + 1)) / std::log(kStepOfDelays);
    ++counts_[std::min(static_cast<unsigned>(place), kPlaces - 1)];
    ++total_;
}

double DelayHistogram::quantile(double part) const {
    const double wanted = static_cast<double>(total_) * part;
    std::uint64_t sum = 0;
    for (unsigned place = 0; place < kPlaces; ++place) {
        sum += counts_[place];
        if (sum != 0 && static_cast<double>(sum) >= wanted) {
            return std::pow(kStepOfDelays, place + 1);
        }
    }
    return 0;
}

Generator::Generator(const std::string& device, unsigned services) : syns_{services} {
    check(rte_eth_dev_get_port_by_name(device.c_str(), &port_), device.c_str());
    pool_ = rte_pktmbuf_pool_create("flood", kBuffers, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                    SOCKET_ID_ANY);
    if (pool_ == nullptr) {
        throw std::runtime_error("no memory for packets");
    }
    const rte_eth_conf configuration{};
    const auto socket = static_cast<unsigned>(SOCKET_ID_ANY);
    check(rte_eth_dev_configure(port_, 1, 1, &configuration), "cannot configure the port");
    std::uint16_t receive = kDescriptors;
    std::uint16_t transmit = kDescriptors;
    check(rte_eth_dev_adjust_nb_rx_tx_desc(port_, &receive, &transmit), "cannot size the queues");
    check(rte_eth_rx_queue_setup(port_, 0, receive, socket, nullptr, pool_), "receive queue");
    check(rte_eth_tx_queue_setup(port_, 0, transmit, socket, nullptr), "transmit queue");
    check(rte_eth_dev_start(port_), "cannot start the port");
}

bool Generator::await_link(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
    rte_eth_link link{};
    while (rte_eth_link_get_nowait(port_, &link) == 0 && link.link_status == 0) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return true;
}

Trial Generator::run(double rate, double seconds) {
    Trial trial{.offered = rate};
    const auto hertz = static_cast<double>(rte_get_tsc_hz());
    const auto length = static_cast<std::uint64_t>(seconds * hertz);
    const double each = hertz / rate;
    const std::uint64_t start = rte_rdtsc();
    std::uint64_t now = start;
    while (now - start < length) {
        const auto due = static_cast<std::uint64_t>(static_cast<double>(now - start) / each) -
                         (trial.sent + trial.refused);
        send(static_cast<unsigned>(std::min<std::uint64_t>(due, kBatch)), trial);
        receive(trial);
        now = rte_rdtsc();
    }
    trial.seconds = static_cast<double>(now - start) / hertz;
    const double tried = static_cast<double>(trial.sent + trial.refused);
    trial.generator_too_slow = tried < rate * trial.seconds * (1 - kLate);
    const auto linger = static_cast<std::uint64_t>(kLinger * hertz);
    for (std::uint64_t heard = rte_rdtsc(); rte_rdtsc() - heard < linger;) {
        if (receive(trial) != 0) {
            heard = rte_rdtsc();
        }
    }
    return trial;
}

void Generator::send(unsigned count, Trial& trial) {
    std::array<rte_mbuf*, kBatch> packets;
    if (count == 0 || rte_pktmbuf_alloc_bulk(pool_, packets.data(), count) != 0) {
        trial.refused += count;
        return;
    }
    const std::uint64_t now = rte_rdtsc();
    for (rte_mbuf* const packet : std::span{packets}.first(count)) {
        const std::uint32_t length = syns_.write_next(rte_pktmbuf_mtod(packet, std::uint8_t*), now);
        packet->data_len = static_cast<std::uint16_t>(length);
        packet->pkt_len = length;
    }
    const unsigned sent =
        rte_eth_tx_burst(port_, 0, packets.data(), static_cast<std::uint16_t>(count));
    rte_pktmbuf_free_bulk(packets.data() + sent, count - sent);
    trial.sent += sent;
    trial.refused += count - sent;
}

unsigned Generator::receive(Trial& trial) {
    std::array<rte_mbuf*, kBatch> packets;
    const unsigned count = rte_eth_rx_burst(port_, 0, packets.data(), kBatch);
    const std::uint64_t now = rte_rdtsc();
    for (const rte_mbuf* const packet : std::span{packets}.first(count)) {
        const auto delay = SynMaker::delay_of(
            {rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len}, now);
        if (delay) {
            ++trial.answered;
            trial.delays.add(*delay);
        }
    }
    rte_pktmbuf_free_bulk(packets.data(), count);
    return count;
}

}  // namespace synward::bench
