// SPDX-License-Identifier: BSD-3-Clause
#include "flood/eal.h"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "flood/text_values.h"

namespace synward::flood {
namespace {

constexpr std::uint64_t kMemoryMegabytes = 128;

std::uint64_t free_huge_page_megabytes() {
    constexpr std::string_view kPrefix = "hugepages-";
    std::uint64_t total = 0;
    std::error_code ignored;
    for (const auto& size :
         std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", ignored)) {
        const std::string name = size.path().filename();  // hugepages-2048kB
        std::uint64_t pages = 0;
        std::ifstream{size.path() / "free_hugepages"} >> pages;
        total += pages * std::stoull(name.substr(kPrefix.size())) / 1024;
    }
    return total;
}

/// The CPUs that lcore 0 may run on: left to itself, the EAL would pin it to its first.
std::string cpus(const Options& options) {
    if (options.core) {
        return std::to_string(*options.core);
    }
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::string list;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed)) {
            list += (list.empty() ? "" : ",") + std::to_string(cpu);
        }
    }
    return fmt::format("({})", list);
}

}  // namespace

std::vector<std::string> eal_arguments(const Options& options) {
    std::vector<std::string> arguments{"synward-flood",
                                       "--no-telemetry",
                                       "--log-level=error",
                                       "--lcores=0@" + cpus(options),
                                       "-m",
                                       std::to_string(kMemoryMegabytes)};
    // DPDK 22.11 counts --no-huge as legacy memory, which it refuses together with --in-memory.
    if (free_huge_page_megabytes() < kMemoryMegabytes) {
        arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
    } else {
        arguments.emplace_back("--in-memory");
    }
    if (is_pci_address(options.port)) {
        arguments.insert(arguments.end(), {"-a", options.port});
    } else {
        arguments.insert(arguments.end(), {"--no-pci", "--vdev=" + options.port});
    }
    arguments.insert(arguments.end(), options.eal_arguments.begin(), options.eal_arguments.end());
    return arguments;
}

Eal::Eal(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {
    std::vector<char*> argv;
    for (std::string& argument : arguments_) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    if (rte_eal_init(static_cast<int>(arguments_.size()), argv.data()) < 0) {
        throw std::runtime_error(std::string{"DPDK does not start: "} + rte_strerror(rte_errno));
    }
}

Eal::~Eal() {
    rte_eal_cleanup();
}

}  // namespace synward::flood
