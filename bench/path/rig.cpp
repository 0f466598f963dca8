// SPDX-License-Identifier: BSD-3-Clause
#include "path/rig.h"

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace synward::bench {
namespace {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(EXIT_FAILURE);
}

std::uint64_t free_huge_megabytes() {
    std::uint64_t pages = 0;
    std::ifstream{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"} >> pages;
    return pages * 2;
}

/// lcore 0 on the first core, and so on.
std::string lcores_on(unsigned first_core, unsigned cores) {
    std::string text;
    for (unsigned lcore = 0; lcore < cores; ++lcore) {
        text += (lcore == 0 ? "" : ",") + std::to_string(lcore) + '@' +
                std::to_string(first_core + lcore);
    }
    return text;
}

/// Writes a byte of each cache line, as it is.
void write_anew(void* memory, std::size_t bytes) {
    auto* const first = static_cast<volatile std::uint8_t*>(memory);
    for (std::size_t offset = 0; offset < bytes; offset += RTE_CACHE_LINE_SIZE) {
        first[offset] = first[offset];
    }
}

/// Into this core's caches.
void take_over(rte_mbuf& packet) {
    write_anew(&packet, sizeof packet);
    write_anew(rte_pktmbuf_mtod(&packet, void*), packet.data_len);
}

}  // namespace

bool start_eal(unsigned megabytes, unsigned cores, bool small_pages, unsigned first_core) {
    const bool huge = !small_pages && free_huge_megabytes() >= megabytes;
    static std::vector<std::string> words{"path_bench",
                                          "--no-pci",
                                          "--no-telemetry",
                                          "--log-level=*:error",
                                          "--lcores",
                                          lcores_on(first_core, cores),
                                          "-m",
                                          std::to_string(megabytes)};
    if (huge) {
        words.emplace_back("--in-memory");
    } else {
        words.insert(words.end(), {"--no-huge", "--no-shconf"});
    }
    std::vector<char*> arguments;
    arguments.reserve(words.size());
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
        give_up("DPDK does not start");
    }
    return huge;
}

Rig::Rig(unsigned workers)
    : pool_{rte_pktmbuf_pool_create("arriving", 4 * kRound - 1, 256, 0,
                                    kRoom + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY)},
      waiting_{std::vector<std::vector<rte_mbuf*>>(workers),
               std::vector<std::vector<rte_mbuf*>>(workers)},
      left_{waiting_} {
    if (!pool_) {
        give_up("no memory for packets");
    }
    for (unsigned worker = 0; worker < workers; ++worker) {
        links_.push_back(
            {.outside = make_port(wire::Side::kOutside), .inside = make_port(wire::Side::kInside)});
    }
}

Rig::~Rig() {
    drain(wire::Side::kOutside);
    drain(wire::Side::kInside);
    for (const std::string& name : names_) {
        rte_vdev_uninit(name.c_str());
    }
}

std::uint16_t Rig::make_port(wire::Side side) {
    const auto index = static_cast<std::size_t>(side);
    static unsigned next_name = 0;
    const std::string& name = names_.emplace_back("net_ring_bench" + std::to_string(next_name++));
    const auto ring = [&](const char* kind) {
        return Ring{rte_ring_create((name + kind).c_str(), 4 * kRound, SOCKET_ID_ANY,
                                    RING_F_SP_ENQ | RING_F_SC_DEQ)};
    };
    rte_ring* const receive = arriving_[index].emplace_back(ring("rx")).get();
    rte_ring* const transmit = leaving_[index].emplace_back(ring("tx")).get();
    const int id = rte_eth_from_rings(name.c_str(), &receive, 1, &transmit, 1, SOCKET_ID_ANY);
    if (id < 0) {
        give_up("no ring device");
    }
    return static_cast<std::uint16_t>(id);
}

rte_mbuf* Rig::fresh_packet() {
    rte_mbuf* const packet = rte_pktmbuf_alloc(pool_.get());
    return packet != nullptr ? packet : (give_up("the rig's packets are spent"), nullptr);
}

void Rig::arrive(unsigned worker) {
    for (std::size_t side = 0; side < waiting_.size(); ++side) {
        std::vector<rte_mbuf*>& packets = waiting_[side][worker];
        if (worker != 0) {
            std::ranges::for_each(packets, [](rte_mbuf* packet) { take_over(*packet); });
        }
        const auto count = static_cast<unsigned>(packets.size());
        if (rte_ring_sp_enqueue_bulk(arriving_[side][worker].get(),
                                     reinterpret_cast<void**>(packets.data()), count,
                                     nullptr) != count) {
            give_up("the rig's ring is full");
        }
        packets.clear();
    }
}

void Rig::leave(unsigned worker) {
    for (std::size_t side = 0; side < left_.size(); ++side) {
        std::vector<rte_mbuf*>& packets = left_[side][worker];
        rte_ring* const ring = leaving_[side][worker].get();
        const std::size_t had = packets.size();
        packets.resize(had + rte_ring_count(ring));
        rte_ring_sc_dequeue_bulk(ring, reinterpret_cast<void**>(packets.data() + had),
                                 static_cast<unsigned>(packets.size() - had), nullptr);
    }
}

Stopwatch::Stopwatch() : start_{rte_rdtsc_precise()} {}

std::uint64_t Stopwatch::cycles() const {
    return rte_rdtsc_precise() - start_;
}

double Stopwatch::hertz() {
    return static_cast<double>(rte_get_tsc_hz());
}

}  // namespace synward::bench
