// SPDX-License-Identifier: BSD-3-Clause
#include "control/memory_use.h"

#include <malloc.h>
#include <rte_malloc.h>
#include <unistd.h>

#include <fstream>

namespace synward::control {
namespace {

std::uint64_t resident_bytes() {
    std::uint64_t size = 0, resident = 0;  // in pages: proc(5), statm
    std::ifstream{"/proc/self/statm"} >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

MemoryUse memory_use() {
    const struct mallinfo2 heap = ::mallinfo2();
    MemoryUse use{heap.uordblks + heap.hblkhd, 0, resident_bytes()};
    for (int socket = 0; socket < RTE_MAX_NUMA_NODES; ++socket) {
        rte_malloc_socket_stats stats{};
        if (rte_malloc_get_socket_stats(socket, &stats) == 0) {
            use.dpdk += stats.heap_allocsz_bytes;
        }
    }
    return use;
}

}  // namespace synward::control
