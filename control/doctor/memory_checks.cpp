// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "control/doctor/checks.h"

namespace synward::control {
namespace {

using Level = Finding::Level;

constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20U;

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

}  // namespace

Findings check_huge_pages(const Examination& examination) {
    const config::Configuration& configuration = examination.configuration;
    const std::uint64_t needed =
        megabytes(std::max(configuration.memory.size, examination.memory_needed));
    if (configuration.memory.huge_pages == config::HugePages::kOff) {
        return {{Level::kWarn, "huge pages", "switched off in the policy (memory.huge_pages: off)",
                 "with large flow tables, huge pages spare most misses of the address cache"}};
    }
    const std::uint64_t free = free_in_huge_pages(examination.machine) / kMegabyte;
    if (free >= needed) {
        return {{Level::kPass, "huge pages",
                 fmt::format("{} MiB free, {} MiB needed", free, needed), ""}};
    }
    const bool required = configuration.memory.huge_pages == config::HugePages::kOn;
    return {
        {required ? Level::kFail : Level::kWarn, "huge pages",
         fmt::format("{} MiB free, {} MiB needed: {}", free, needed,
                     required ? "synward does not start (memory.huge_pages: on)"
                              : "synward runs without, and slower"),
         fmt::format("synward-setup hugepages {0}; for good: hugepagesz=2M hugepages={1} on the "
                     "kernel's command line",
                     needed, (needed + 1) / 2)}};
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
