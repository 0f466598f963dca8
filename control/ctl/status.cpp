// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "control/ctl/commands.h"
#include "control/ctl/text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

void print(const ordered_json& status) {
    const auto number = [&](const char* name) {
        return grouped(status.at(name).get<std::uint64_t>());
    };
    const auto started = static_cast<std::time_t>(status.at("started").get<std::int64_t>());
    fmt::print("synward {}, process {}, since {:%Y-%m-%d %H:%M:%S} ({})\n",
               status.at("version").get<std::string>(), status.at("process").get<int>(),
               fmt::localtime(started), duration_text(status.at("seconds").get<double>()));
    fmt::print("  flows    {} of {}\n", number("flows"), number("flow_capacity"));
    fmt::print("  packets  {} received, {} dropped, {} held; {}\n", number("received"),
               number("dropped"), number("held"),
               status.at("accounted_for").get<bool>() ? "all accounted for" : "counters in motion");
    fmt::print("  services {}\n", number("services"));
    const auto mebibytes = [&](const char* of) {
        return grouped(status.at("memory").at(of).get<std::uint64_t>() >> 20);
    };
    fmt::print("  memory   {} MiB resident; {} MiB of DPDK's, {} MiB of the heap in use\n",
               mebibytes("resident"), mebibytes("dpdk"), mebibytes("heap"));
    for (const auto& link : status.at("links")) {
        fmt::print("  link     {}: {} <-> {}\n", link.at("link").get<std::string>(),
                   link.at("outside").get<std::string>(), link.at("inside").get<std::string>());
    }
    for (const auto& worker : status.at("workers")) {
        fmt::print("  worker   {} on core {}: {} received\n", worker.at("worker").get<unsigned>(),
                   worker.at("core").get<unsigned>(),
                   grouped(worker.at("received").get<std::uint64_t>()));
    }
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
    add_command(app, context, "status", "what runs, since when, and how much it has to do",
                [&context](Connection& connection) {
                    const ordered_json status = connection.ask("status");
                    context.json ? fmt::print("{}\n", status.dump(2)) : print(status);
                });
}

}  // namespace synward::control::ctl
