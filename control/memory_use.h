// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace synward::control {

/// What this process holds of memory, in bytes.
struct MemoryUse {
    std::uint64_t heap = 0;      ///< asked of the allocator and not given back
    std::uint64_t dpdk = 0;      ///< the same of DPDK's own heaps: tables, packet buffers
    std::uint64_t resident = 0;  ///< pages in memory, what is kept for later included
};

/// Any thread; it waits for the allocator's locks.
MemoryUse memory_use();

}  // namespace synward::control
