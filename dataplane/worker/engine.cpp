// SPDX-License-Identifier: BSD-3-Clause
#include "worker/engine.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>

#include "worker/huge_pages.h"
#include "worker/thread_sanitizer.h"

namespace synward::worker {
namespace {

constexpr unsigned kHandOverPlaces = 2048;
constexpr unsigned kPoolCache = 256;
constexpr std::size_t kCacheLine = 64;

tcp::Secret random_secret() {
    tcp::Secret secret;
    if (getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
        throw std::runtime_error{"the kernel gives no random numbers"};
    }
    return secret;
}

/// A secret that no other box shares.
tcp::Secret own_secret(const EngineSettings& settings) {
    return settings.secret ? *settings.secret : random_secret();
}

/// The secret behind hashes of four-tuples. Boxes that share a master secret share it as well,
/// since cookies contain such a hash.
tcp::Secret hash_secret(const defense::Policy& policy, const EngineSettings& settings) {
    if (!policy.master_secret) {
        return own_secret(settings);
    }
    // Cookie keys come from the same cipher, of blocks whose high half is not this.
    const tcp::Block derived =
        tcp::Aes128{*policy.master_secret}.encrypt({.low = 0, .high = 0x7475'706c'6520'6861U});
    tcp::Secret secret;
    std::memcpy(secret.data(), &derived, secret.size());
    return secret;
}

std::uint32_t flows_of_one_worker(const EngineSettings& settings) {
    return (settings.flow_capacity + settings.workers - 1) / settings.workers;
}

std::uint32_t pool_size(const EngineSettings& settings) {
    // Both ports' receive and transmit rings and every worker's cache must leave some over.
    return std::max(settings.packet_buffers, 4096U + 2 * kPoolCache * settings.workers);
}

/// What a buffer costs in pages of the usual size: DPDK lets none cross from one to the next, as
/// they may lie anywhere, unless it is larger than a page.
std::uint64_t share_of_small_pages(std::uint64_t buffer) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return buffer < page ? page / (page / buffer) : (buffer + page - 1) / page * page;
}

/// Whether each frame that the link may carry has room in one packet buffer.
bool frames_fit(const EngineSettings& settings, const LinkPorts& link) {
    // Ethernet, two VLAN tags and the check sequence.
    constexpr std::uint32_t kAroundMtu = 14 + 2 * 4 + 4;
    const std::uint32_t mtu =
        settings.mtu != 0 ? settings.mtu
                          : std::max(abilities_of(link.outside).mtu, abilities_of(link.inside).mtu);
    return mtu + kAroundMtu <= settings.packet_buffer_size;
}

int run_worker(void* argument) {
    acquired(argument);
    const auto& task = *static_cast<std::pair<Worker*, const std::atomic<bool>*>*>(argument);
    task.first->run(*task.second);
    released(argument);
    return 0;
}

}  // namespace

std::uint64_t required_memory(const EngineSettings& settings, bool huge_pages) {
    const std::uint64_t packet =
        settings.packet_buffer_size + RTE_PKTMBUF_HEADROOM + sizeof(rte_mbuf) + 2 * kCacheLine;
    const std::uint64_t buffer = huge_pages ? packet : share_of_small_pages(packet);
    const std::uint64_t tables =
        flow::Table::required_bytes(flows_of_one_worker(settings)) * settings.workers;
    const std::uint64_t rings = std::uint64_t{settings.workers} * settings.workers *
                                (std::uint64_t{2} * kHandOverPlaces * sizeof(void*) +
                                 std::uint64_t{HandOver::kNewsPlaces} * sizeof(defense::PortNews));
    constexpr std::uint64_t kEnvironment = std::uint64_t{48} << 20U;
    return buffer * pool_size(settings) * settings.links.size() + tables + rings + kEnvironment;
}

void Engine::FreeTable::operator()(std::byte* memory) const {
    rte_free(memory);
}

Engine::Engine(const EngineSettings& settings, const defense::Policy& policy)
    : policies_{settings.workers, policy},
      hasher_{hash_secret(policy, settings)},
      hand_over_{settings.workers, kHandOverPlaces},
      shared_{.ports = ports_,
              .policies = policies_,
              .hasher = hasher_,
              .hand_over = hand_over_,
              .steers_by_software = settings.steers_by_software,
              .workers = settings.workers,
              .clock = settings.clock,
              .idle_sleep = settings.idle_sleep} {
    make_ports(settings);
    make_workers(settings, policy);
}

void Engine::make_ports(const EngineSettings& settings) {
    static std::atomic<unsigned> next_name{0};
    std::uint16_t link = 0;
    for (const LinkPorts ids : settings.links) {
        const std::string name = "packets_" + std::to_string(next_name++);
        pools_.emplace_back(rte_pktmbuf_pool_create(
            name.c_str(), pool_size(settings), kPoolCache, 0,
            static_cast<std::uint16_t>(settings.packet_buffer_size + RTE_PKTMBUF_HEADROOM),
            SOCKET_ID_ANY));
        if (!pools_.back()) {
            throw std::runtime_error{std::string{"no memory for the packet buffers: "} +
                                     rte_strerror(rte_errno)};
        }
        for (const wire::Side side : {wire::Side::kOutside, wire::Side::kInside}) {
            const bool outside = side == wire::Side::kOutside;
            ports_.push_back({.id = outside ? ids.outside : ids.inside,
                              .peer_id = outside ? ids.inside : ids.outside,
                              .link = link,
                              .side = side,
                              .buffers = pools_.back().get()});
        }
        ++link;
    }
    for (Port& port : ports_) {
        const PortAbilities abilities = abilities_of(port.id);
        const auto queues = [&](std::uint16_t most) { return std::min(most, settings.workers); };
        start_port(port, {.receive_queues = queues(abilities.receive_queues),
                          .transmit_queues = queues(abilities.transmit_queues),
                          .rss = !settings.steers_by_software && settings.workers > 1 &&
                                 abilities.symmetric_rss,
                          .frames_fit = frames_fit(settings, settings.links[port.link]),
                          .mtu = settings.mtu});
    }
}

void Engine::make_workers(const EngineSettings& settings, const defense::Policy& policy) {
    defense::Surroundings surroundings{
        .cookie_secret = policy.master_secret ? *policy.master_secret : own_secret(settings),
        .workers = settings.workers,
        .steers_by_software = settings.steers_by_software,
        .cookies_are_shared = policy.master_secret.has_value()};
    std::uint16_t mtu = 0xffff;
    for (const Port& port : ports_) {
        std::uint16_t port_mtu = 0;
        if (rte_eth_dev_get_mtu(port.id, &port_mtu) == 0) {
            mtu = std::min(mtu, port_mtu);
        }
    }
    surroundings.mss_ipv4 = static_cast<std::uint16_t>(mtu - 40);
    surroundings.mss_ipv6 = static_cast<std::uint16_t>(mtu - 60);

    const std::uint32_t capacity = flows_of_one_worker(settings);
    const std::size_t bytes = flow::Table::required_bytes(capacity);
    for (std::uint16_t index = 0; index < settings.workers; ++index) {
        table_memory_.emplace_back(static_cast<std::byte*>(rte_malloc("flows", bytes, kHugePage)));
        if (!table_memory_.back()) {
            throw std::runtime_error{"no memory for the flow table"};
        }
        prefer_huge_pages({table_memory_.back().get(), bytes});
        // Touched now, so that no packet waits for the kernel to find a page.
        std::memset(table_memory_.back().get(), 0, bytes);
        surroundings.worker = index;
        workers_.push_back(std::make_unique<Worker>(
            shared_, index, std::span{table_memory_.back().get(), bytes}, capacity, surroundings));
        service_figures_.push_back(workers_.back()->defender().service_figures());
    }
}

Engine::~Engine() {
    stop();
    for (const Port& port : ports_) {
        rte_eth_dev_stop(port.id);
        rte_eth_dev_close(port.id);
    }
}

void Engine::start() {
    tasks_.clear();
    tasks_.reserve(workers_.size());  // the workers keep pointers to them
    stop_ = false;
    running_ = true;
    std::size_t next = 0;
    unsigned lcore = 0;
    RTE_LCORE_FOREACH_WORKER(lcore) {
        if (next == workers_.size()) {
            return;
        }
        tasks_.emplace_back(workers_[next++].get(), &stop_);
        released(&tasks_.back());
        if (rte_eal_remote_launch(run_worker, &tasks_.back(), lcore) != 0) {
            throw std::runtime_error{"a worker core is busy"};
        }
    }
    if (next != workers_.size()) {
        throw std::runtime_error{"fewer cores than workers"};
    }
}

void Engine::stop() {
    if (running_) {
        stop_ = true;
        rte_eal_mp_wait_lcore();
        for (auto& task : tasks_) {
            acquired(&task);
        }
        running_ = false;
    }
    empty_rings();
    for (const auto& worker : workers_) {
        worker->drop_everything_held();
    }
}

void Engine::empty_rings() {
    unsigned moved = 0;
    do {
        moved = 0;
        for (const auto& worker : workers_) {
            moved += worker->turn(false);
        }
    } while (moved != 0);
}

void Engine::adopt(const defense::Policy& policy) {
    std::uint64_t settled = policies_.current().number();
    for (const auto& worker : workers_) {
        settled = std::min(settled, worker->policy_settled());
    }
    auto issue = std::make_unique<PolicyExchange::Issue>(
        PolicyExchange::Issue{defense::PolicyGeneration{policy, policies_.current(), settled}, {}});
    const std::vector<defense::Slot>& slots = issue->generation.slots();
    for (std::size_t index = 0; index < workers_.size(); ++index) {
        defense::ServiceFiguresList& figures = service_figures_[index];
        figures.resize(slots.size());
        for (std::size_t slot = 0; slot < slots.size(); ++slot) {
            if (slots[slot].since == issue->generation.number() || !figures[slot]) {
                figures[slot] = std::make_shared<defense::ServiceFigures>();
            }
        }
        issue->successions.push_back(workers_[index]->defender().prepare(
            issue->generation, workers_[index]->policy_adopted(), figures));
    }
    policies_.publish(std::move(issue));
}

unsigned Engine::turn() {
    unsigned packets = 0;
    for (const auto& worker : workers_) {
        packets += worker->turn();
    }
    return packets;
}

Totals Engine::totals() const {
    Totals totals;
    for (const auto& worker : workers_) {
        totals += worker->totals();
    }
    return totals;
}

}  // namespace synward::worker
