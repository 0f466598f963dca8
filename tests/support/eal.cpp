// SPDX-License-Identifier: BSD-3-Clause
#include "support/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace synward::test {
namespace {

/// "0@a,1@b,..." over the processors that this process may use, in turn.
std::string lcores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::vector<int> processors;
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (CPU_ISSET(processor, &allowed)) {
            processors.push_back(processor);
        }
    }
    std::string text;
    for (std::size_t lcore = 0; lcore <= kWorkerLcores; ++lcore) {
        text += (lcore == 0 ? "" : ",") + std::to_string(lcore) + "@" +
                std::to_string(processors[lcore % processors.size()]);
    }
    return text;
}

}  // namespace

void start_eal() {
    static std::array<std::string, 11> arguments{"test",
                                                 "--no-huge",
                                                 "--no-shconf",
                                                 "-m",
                                                 "512",
                                                 "--no-pci",
                                                 "--lcores",
                                                 lcores(),
                                                 "--no-telemetry",
                                                 "--main-lcore=0",
                                                 "--log-level=*:error"};
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
        throw std::runtime_error{std::string{"DPDK does not start: "} + rte_strerror(rte_errno)};
    }
}

}  // namespace synward::test
