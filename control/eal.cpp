// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal.h"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace synward::control {
namespace {

// What dpdk-dumpcap takes for 4096 packets of 2176 bytes and their ring, its defaults: 12 MiB.
constexpr std::uint64_t kCaptureMemory = 16 * kMegabyte;

bool is_pci_address(const std::string& device) {
    return !device.starts_with("net_") && device.find(':') != std::string::npos;
}

/// The control thread's and those of the workers, in their order. A secondary process numbers its
/// lcores by their processors and shares the caches of its packet buffers with lcores of the same
/// number here, without a lock. So the workers then have the last numbers there are.
std::string lcores(const config::Configuration& configuration) {
    const auto& cores = configuration.workers.cores;
    const std::size_t first =
        configuration.dpdk.secondary_processes ? RTE_MAX_LCORE - cores.size() : 1;
    std::string text = fmt::format("0@({})", control_processors(cores));
    for (std::size_t worker = 0; worker < cores.size(); ++worker) {
        text += fmt::format(",{}@{}", first + worker, cores[worker]);
    }
    return text;
}

}  // namespace

std::string control_processors(const std::vector<unsigned>& workers) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::string all;
    std::string without_worker;
    for (unsigned processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (!CPU_ISSET(processor, &allowed)) {
            continue;
        }
        const std::string text = std::to_string(processor);
        all += (all.empty() ? "" : ",") + text;
        if (std::find(workers.begin(), workers.end(), processor) == workers.end()) {
            without_worker += (without_worker.empty() ? "" : ",") + text;
        }
    }
    return without_worker.empty() ? all : without_worker;
}

bool telemetry_is_possible() {
    // As EAL chooses it.
    std::filesystem::path folder;
    if (const char* const given = std::getenv("RUNTIME_DIRECTORY")) {
        folder = given;
    } else if (getuid() == 0) {
        folder = "/var/run";
    } else if (const char* const of_user = std::getenv("XDG_RUNTIME_DIR")) {
        folder = of_user;
    } else {
        folder = "/tmp";
    }
    const std::filesystem::path of_dpdk = folder / "dpdk";
    std::error_code error;
    return access((exists(of_dpdk, error) ? of_dpdk : folder).c_str(), W_OK) == 0;
}

std::uint64_t free_huge_pages() {
    namespace fs = std::filesystem;
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/kernel/mm/hugepages", error)) {
        std::uint64_t pages = 0;
        std::ifstream{entry.path() / "free_hugepages"} >> pages;
        // hugepages-2048kB
        const std::string name = entry.path().filename();
        bytes += pages * std::stoull(name.substr(name.find('-') + 1)) * 1024;
    }
    return bytes;
}

std::uint64_t memory_to_reserve(const config::Configuration& configuration,
                                std::uint64_t memory_needed) {
    return std::max(configuration.memory.size, memory_needed) +
           (configuration.dpdk.secondary_processes ? kCaptureMemory : 0);
}

std::vector<std::string> eal_arguments(const config::Configuration& configuration,
                                       std::uint64_t memory_needed, bool huge_pages) {
    const std::uint64_t megabytes =
        (memory_to_reserve(configuration, memory_needed) + kMegabyte - 1) / kMegabyte;
    std::vector<std::string> arguments{"synward",
                                       "--lcores",
                                       lcores(configuration),
                                       "--main-lcore",
                                       "0",
                                       "-m",
                                       std::to_string(megabytes),
                                       "--log-level=*:warning",
                                       "--log-level=lib.telemetry:error"};
    const bool with_telemetry =
        configuration.telemetry == config::Telemetry::kOn ||
        (configuration.telemetry == config::Telemetry::kAuto && telemetry_is_possible());
    if (!with_telemetry) {
        arguments.emplace_back("--no-telemetry");
    }
    // But for secondary processes, no files are left behind; without huge pages DPDK's memory is of
    // a kind that it refuses to combine with --in-memory.
    if (configuration.dpdk.secondary_processes) {
        arguments.emplace_back("--file-prefix=" + configuration.dpdk.file_prefix);
    } else if (huge_pages) {
        arguments.emplace_back("--in-memory");
    } else {
        arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
    }
    bool any_pci = false;
    for (const config::Link& link : configuration.links) {
        for (const std::string& device : {link.outside, link.inside}) {
            if (is_pci_address(device)) {
                any_pci = true;
                arguments.insert(arguments.end(), {"-a", device});
            } else {
                arguments.push_back("--vdev=" + device);
            }
        }
    }
    if (!any_pci) {
        arguments.emplace_back("--no-pci");
    }
    arguments.insert(arguments.end(), configuration.eal_arguments.begin(),
                     configuration.eal_arguments.end());
    return arguments;
}

Eal::Eal(const std::vector<std::string>& arguments) {
    std::vector<std::string> copy = arguments;  // EAL may change and keep them
    std::vector<char*> argv;
    argv.reserve(copy.size());
    for (std::string& argument : copy) {
        argv.push_back(argument.data());
    }
    if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
        throw std::runtime_error{fmt::format("DPDK does not start: {}; its arguments were: {}",
                                             rte_strerror(rte_errno), fmt::join(arguments, " "))};
    }
}

Eal::~Eal() {
    rte_eal_cleanup();
}

}  // namespace synward::control
