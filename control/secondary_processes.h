// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "worker/port.h"

namespace synward::control {

/// Lets secondary processes of DPDK (dpdk-dumpcap, dpdk-pdump) capture while it lives: they have
/// callbacks set at the ports. It must outlive the workers, whose packets go through these. Of the
/// control thread; one in a process.
class SecondaryProcesses {
  public:
    /// Throws std::runtime_error when DPDK does not offer captures.
    SecondaryProcesses();
    ~SecondaryProcesses();
    SecondaryProcesses(const SecondaryProcesses&) = delete;
    SecondaryProcesses& operator=(const SecondaryProcesses&) = delete;

    /// Makes ports promiscuous again, with a line in the log, that a capture has left otherwise:
    /// dpdk-dumpcap without -p switches it off when it ends.
    static void keep_promiscuous(std::span<const worker::Port> ports);
};

}  // namespace synward::control
