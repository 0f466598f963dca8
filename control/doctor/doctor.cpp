// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/doctor.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "control/doctor/checks.h"
#include "control/engine_settings.h"

namespace synward::control {
namespace {

constexpr std::string_view name_of(Finding::Level level) {
    switch (level) {
        case Finding::Level::kPass:
            return "pass";
        case Finding::Level::kWarn:
            return "warn";
        case Finding::Level::kFail:
            break;
    }
    return "fail";
}

/// One of the kernel's switches of an interface, off where it has none.
bool is_on(int socket, const std::string& interface, std::uint32_t command) {
    ethtool_value value{.cmd = command, .data = 0};
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    return ioctl(socket, SIOCETHTOOL, &request) == 0 && value.data != 0;
}

std::optional<InterfaceOffloads> offloads_of(const std::string& interface) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return std::nullopt;
    }
    const InterfaceOffloads offloads{.receive_coalescing = is_on(socket, interface, ETHTOOL_GGRO),
                                     .segmentation = is_on(socket, interface, ETHTOOL_GTSO)};
    close(socket);
    return offloads;
}

std::optional<std::uint64_t> locked_memory_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return std::nullopt;
    }
    return limit.rlim_cur;
}

}  // namespace

Findings examine(const Examination& examination) {
    constexpr Findings (*kChecks[])(const Examination&) = {
        check_processor,       check_cores,         check_isolation,
        check_governor,        check_clock,         check_huge_pages,
        check_huge_page_files, check_locked_memory, check_iommu,
        check_drivers,         check_numa,          check_mtu,
        check_offloads,        check_steering,
    };
    Findings findings;
    for (const auto check : kChecks) {
        Findings more = check(examination);
        std::move(more.begin(), more.end(), std::back_inserter(findings));
    }
    return findings;
}

Findings examine_machine(const config::Configuration& configuration) {
    const Machine machine;
    return examine({.machine = machine,
                    .configuration = configuration,
                    .memory_needed = worker::required_memory(settings_of(configuration), true),
                    .locked_memory_limit = locked_memory_limit(),
                    .offloads_of = offloads_of});
}

std::string text_of(const Findings& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text += fmt::format("{}  {}: {}\n", name_of(finding.level), finding.subject, finding.text);
        if (!finding.remedy.empty()) {
            text += fmt::format("      -> {}\n", finding.remedy);
        }
    }
    return text;
}

std::string json_of(const Findings& findings) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
        rows.push_back({{"level", name_of(finding.level)},
                        {"subject", finding.subject},
                        {"text", finding.text},
                        {"remedy", finding.remedy}});
    }
    return rows.dump(2) + "\n";
}

bool none_fails(const Findings& findings) {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.level == Finding::Level::kFail;
    });
}

}  // namespace synward::control
