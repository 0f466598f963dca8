// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace synward::test {

/// What something has done that the packet path must not do. Found out by the system and not by
/// whoever is watched:
///   - the kernel hands each system call to the watch (syscall user dispatch, since Linux 5.11),
///   - the processor's time stamp counter traps, so that each look at a clock counts, whichever
///     function it goes through,
///   - the program's malloc, operator new and mutexes count their calls.
struct PathReport {
    std::uint32_t packets = 0;
    std::uint32_t system_calls = 0;  ///< the first of them; the watch does not see further ones
    std::uint32_t allocations = 0;
    std::uint32_t dpdk_allocations = 0;  ///< from DPDK's own heap
    std::uint32_t locks = 0;
    std::uint32_t clock_reads = 0;

    [[nodiscard]] std::string text() const;
};

/// Whether kernel and processor can do this here; sanitizers cannot be told from the watched.
bool can_watch();

/// Whether the time stamp counter traps here as well. Some virtual machines do not let it, though
/// their kernel says so: there, looks at a clock are not counted.
bool can_watch_clocks();

/// Runs `turn`, which returns how many packets there were, once and on this thread.
PathReport watch(const std::function<unsigned()>& turn);

}  // namespace synward::test
