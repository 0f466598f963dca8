// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "control/doctor/checks.h"
#include "control/eal.h"

namespace synward::control {
namespace {

using Level = Finding::Level;

std::uint64_t megabytes(std::uint64_t bytes) {
    return (bytes + kMegabyte - 1) / kMegabyte;
}

/// Bytes in huge pages that nobody uses.
std::uint64_t free_in_huge_pages(const Machine& machine) {
    constexpr std::string_view kFolder = "/sys/kernel/mm/hugepages";
    constexpr std::string_view kPrefix = "hugepages-";
    std::uint64_t bytes = 0;
    for (const std::string& name : machine.names(std::string{kFolder})) {
        if (name.starts_with(kPrefix)) {
            const auto kilobytes = std::stoull(name.substr(kPrefix.size()));
            const auto pages = machine.number(fmt::format("{}/{}/free_hugepages", kFolder, name));
            bytes += static_cast<std::uint64_t>(pages.value_or(0)) * kilobytes * 1024;
        }
    }
    return bytes;
}

/// Where the kernel has mounted file systems of huge pages.
std::vector<std::string> huge_page_mounts(const Machine& machine) {
    std::vector<std::string> places;
    std::istringstream mounts{machine.text("/proc/mounts").value_or("")};
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words{line};
        std::string source;
        std::string place;
        std::string type;
        words >> source >> place >> type;
        if (type == "hugetlbfs") {
            places.push_back(place);
        }
    }
    return places;
}

/// The one that EAL is told to use; empty: it looks for one itself.
std::string huge_page_folder(const std::vector<std::string>& eal_arguments) {
    constexpr std::string_view kOption = "--huge-dir";
    for (std::size_t index = 0; index < eal_arguments.size(); ++index) {
        const std::string& argument = eal_arguments[index];
        if (argument == kOption && index + 1 < eal_arguments.size()) {
            return eal_arguments[index + 1];
        }
        if (argument.starts_with(fmt::format("{}=", kOption))) {
            return argument.substr(kOption.size() + 1);
        }
    }
    return {};
}

}  // namespace

Findings check_huge_pages(const Examination& examination) {
    const config::Configuration& configuration = examination.configuration;
    const std::uint64_t needed =
        megabytes(memory_to_reserve(configuration, examination.memory_needed));
    if (configuration.memory.huge_pages == config::HugePages::kOff) {
        return {{Level::kWarn, "huge pages", "switched off in the policy (memory.hugepages: off)",
                 "with large flow tables, huge pages spare most misses of the address cache"}};
    }
    const std::uint64_t free = free_in_huge_pages(examination.machine) / kMegabyte;
    if (free >= needed) {
        return {{Level::kPass, "huge pages",
                 fmt::format("{} MiB free, {} MiB needed", free, needed), ""}};
    }
    std::string consequence = "synward runs without, and slower";
    const bool for_others = configuration.dpdk.secondary_processes;
    const bool required = for_others || configuration.memory.huge_pages == config::HugePages::kOn;
    if (required) {
        consequence =
            fmt::format("synward does not start ({})",
                        for_others ? "dpdk.secondary_processes: true" : "memory.hugepages: on");
    }
    return {
        {required ? Level::kFail : Level::kWarn, "huge pages",
         fmt::format("{} MiB free, {} MiB needed: {}", free, needed, consequence),
         fmt::format("synward-setup hugepages {0}; for good: hugepagesz=2M hugepages={1} on the "
                     "kernel's command line",
                     needed, (needed + 1) / 2)}};
}

Findings check_huge_page_files(const Examination& examination) {
    if (!examination.configuration.dpdk.secondary_processes) {
        return {};
    }
    const std::string wanted = huge_page_folder(examination.configuration.eal_arguments);
    const std::vector<std::string> mounts = huge_page_mounts(examination.machine);
    const auto found =
        wanted.empty() ? mounts.begin() : std::find(mounts.begin(), mounts.end(), wanted);
    if (found != mounts.end()) {
        return {{Level::kPass, "huge page files", "hugetlbfs is mounted at " + *found, ""}};
    }
    return {{Level::kFail, "huge page files",
             fmt::format("no hugetlbfs is mounted{}: synward does not start "
                         "(dpdk.secondary_processes: true)",
                         wanted.empty() ? "" : " at " + wanted),
             "mount -t hugetlbfs -o uid=synward,gid=synward,mode=0700 hugetlbfs "
             "/dev/hugepages-synward, and eal: [--huge-dir=/dev/hugepages-synward]"}};
}

Findings check_locked_memory(const Examination& examination) {
    const std::uint64_t needed =
        std::max(examination.configuration.memory.size, examination.memory_needed);
    const auto limit = examination.locked_memory_limit;
    if (!limit || *limit >= needed) {
        return {{Level::kPass, "locked memory", "the limit leaves room", ""}};
    }
    return {
        {Level::kWarn, "locked memory",
         fmt::format("limited to {} MiB, {} MiB needed: devices may not reach it",
                     *limit / kMegabyte, megabytes(needed)),
         "LimitMEMLOCK=infinity in the unit (the packaged one has it), or ulimit -l unlimited"}};
}

}  // namespace synward::control
