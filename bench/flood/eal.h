// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "flood/options.h"

namespace synward::flood {

/// The EAL's arguments for `options`: private memory (of huge pages where enough are free), one
/// lcore, no device but the one asked for, no telemetry, errors alone logged.
std::vector<std::string> eal_arguments(const Options& options);

/// DPDK's environment, from start-up to clean-up. One in a process.
class Eal {
  public:
    /// Throws std::runtime_error when DPDK refuses.
    explicit Eal(std::vector<std::string> arguments);
    ~Eal();
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;

  private:
    std::vector<std::string> arguments_;  ///< the EAL keeps pointers into them
};

}  // namespace synward::flood
