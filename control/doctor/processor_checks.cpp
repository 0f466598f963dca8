// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "control/doctor/checks.h"

namespace synward::control {
namespace {

using Level = Finding::Level;

std::set<std::string> processor_flags(const Machine& machine) {
    const std::string text = machine.text("/proc/cpuinfo").value_or("");
    const auto line = text.find("\nflags");
    std::istringstream words{line == std::string::npos
                                 ? std::string{}
                                 : text.substr(line + 1, text.find('\n', line + 1) - line - 1)};
    return {std::istream_iterator<std::string>{words}, {}};
}

std::string processor_folder(unsigned core) {
    return fmt::format("/sys/devices/system/cpu/cpu{}", core);
}

bool contains(const std::vector<unsigned>& numbers, unsigned number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<unsigned> missing_from(const std::vector<unsigned>& those,
                                   const std::vector<unsigned>& wanted) {
    std::vector<unsigned> missing;
    std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(missing),
                 [&](unsigned core) { return !contains(those, core); });
    return missing;
}

}  // namespace

Findings check_processor(const Examination& examination) {
    const auto flags = processor_flags(examination.machine);
    if (!flags.contains("aes")) {
        return {{Level::kWarn, "processor",
                 "has no AES instructions: each cookie costs some 145 ns",
                 "in a virtual machine, pass the host's processor model through"}};
    }
    return {{Level::kPass, "processor", "has AES instructions for the cookies", ""}};
}

Findings check_cores(const Examination& examination) {
    const Machine& machine = examination.machine;
    const auto& cores = examination.configuration.workers.cores;
    const auto online = machine.numbers("/sys/devices/system/cpu/online");
    if (const auto missing = missing_from(online, cores); !missing.empty()) {
        return {{Level::kFail, "cores",
                 fmt::format("workers.cores names {}, and only {} are online", list_of(missing),
                             list_of(online)),
                 "name cores that are there"}};
    }
    Findings findings;
    for (const unsigned core : cores) {
        const auto siblings =
            machine.numbers(processor_folder(core) + "/topology/thread_siblings_list");
        for (const unsigned sibling : siblings) {
            if (sibling > core && contains(cores, sibling)) {
                findings.push_back(
                    {Level::kWarn, "cores",
                     fmt::format("workers {} and {} are two threads of one core, which together do "
                                 "little more than one alone",
                                 core, sibling),
                     fmt::format("name one of each pair; core {}'s threads are {}", core,
                                 list_of(siblings))});
            }
        }
    }
    if (cores.size() == online.size()) {
        findings.push_back({Level::kWarn, "cores",
                            "every core has a worker: the control thread and the kernel take turns "
                            "with one",
                            "leave one core to them"});
    }
    if (findings.empty()) {
        findings.push_back({Level::kPass, "cores",
                            fmt::format("{} for workers, of {}", list_of(cores), list_of(online)),
                            ""});
    }
    return findings;
}

Findings check_isolation(const Examination& examination) {
    const auto& cores = examination.configuration.workers.cores;
    const auto isolated = examination.machine.numbers("/sys/devices/system/cpu/isolated");
    const auto ticking =
        missing_from(examination.machine.numbers("/sys/devices/system/cpu/nohz_full"), cores);
    const auto shared = missing_from(isolated, cores);
    if (shared.empty() && ticking.empty()) {
        return {{Level::kPass, "isolation", "the workers' cores are theirs alone", ""}};
    }
    const std::string list = list_of(cores);
    return {{Level::kWarn, "isolation",
             fmt::format("the kernel schedules other work on cores {}: packets wait meanwhile, and "
                         "are lost when a queue is full",
                         list_of(shared.empty() ? ticking : shared)),
             fmt::format("on the kernel's command line: isolcpus={0} nohz_full={0} rcu_nocbs={0}, "
                         "and keep irqbalance off them (IRQBALANCE_BANNED_CPULIST={0})",
                         list)}};
}

Findings check_governor(const Examination& examination) {
    std::vector<unsigned> slow;
    std::string governor;
    for (const unsigned core : examination.configuration.workers.cores) {
        const auto found =
            examination.machine.text(processor_folder(core) + "/cpufreq/scaling_governor");
        if (found && *found != "performance") {
            slow.push_back(core);
            governor = *found;
        }
    }
    if (slow.empty()) {
        return {{Level::kPass, "governor", "the workers' cores run at their full clock", ""}};
    }
    return {{Level::kWarn, "governor",
             fmt::format("cores {} are under the governor '{}', which lowers their clock",
                         list_of(slow), governor),
             fmt::format("cpupower -c {} frequency-set -g performance", list_of(slow))}};
}

Findings check_clock(const Examination& examination) {
    const auto flags = processor_flags(examination.machine);
    if (flags.contains("constant_tsc") && flags.contains("nonstop_tsc")) {
        return {{Level::kPass, "clock", "the time stamp counter is steady", ""}};
    }
    return {{Level::kWarn, "clock",
             "the time stamp counter is not said to be steady: timeouts may be off",
             "in a virtual machine, pass the flag 'invtsc' through; see also "
             "/sys/devices/system/clocksource/clocksource0/current_clocksource"}};
}

}  // namespace synward::control
