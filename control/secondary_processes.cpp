// SPDX-License-Identifier: BSD-3-Clause
#include "control/secondary_processes.h"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_memory.h>
#include <rte_pcapng.h>
#include <rte_pdump.h>
#include <rte_version.h>

#include <filesystem>
#include <stdexcept>

#include "control/log.h"

namespace synward::control {
namespace {

/// DPDK leaves the files of its huge pages, and with them the pages taken, until a next start with
/// the same prefix. Who has them mapped keeps them.
void remove_huge_page_files() {
    rte_memseg_walk(
        [](const rte_memseg_list*, const rte_memseg* page, void*) {
            std::error_code error;
            const auto file = std::filesystem::read_symlink(
                fmt::format("/proc/self/fd/{}", rte_memseg_get_fd_thread_unsafe(page)), error);
            if (!error) {
                std::filesystem::remove(file, error);
            }
            return 0;
        },
        nullptr);
}

/// Before 23.11, rte_pcapng stamps the packets of all captures 2^64 cycles late, some centuries,
/// when the first that it sees was received before it has looked at the clock. As that is when it
/// looks, it always was; so what it sees first is an empty one, of half a second from now.
void set_capture_clock() {
#if RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0)
    const rte_mbuf empty{};
    rte_pcapng_copy(0, 0, &empty, nullptr, 0, rte_get_tsc_cycles() + rte_get_tsc_hz() / 2,
                    RTE_PCAPNG_DIRECTION_UNKNOWN);
#endif
}

}  // namespace

SecondaryProcesses::SecondaryProcesses() {
    if (rte_pdump_init() != 0) {
        throw std::runtime_error{
            fmt::format("dpdk.secondary_processes: DPDK's packet capture does not start: {}",
                        rte_strerror(rte_errno))};
    }
    set_capture_clock();
}

SecondaryProcesses::~SecondaryProcesses() {
    rte_pdump_uninit();
    remove_huge_page_files();
}

void SecondaryProcesses::keep_promiscuous(std::span<const worker::Port> ports) {
    for (const worker::Port& port : ports) {
        if (rte_eth_promiscuous_get(port.id) == 0 && rte_eth_promiscuous_enable(port.id) == 0) {
            log::warning("promiscuous mode was off and is on again; dpdk-dumpcap needs -p",
                         {{"port", port.id}});
        }
    }
}

}  // namespace synward::control
