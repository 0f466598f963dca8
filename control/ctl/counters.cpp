// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "control/ctl/commands.h"
#include "control/ctl/counters_text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

struct CountersOptions {
    bool watch = false;
    double interval = 1;
    CountersView view;
};

void run(Connection& connection, const CountersOptions& options, bool as_json) {
    ordered_json before;
    while (true) {
        const ordered_json now = connection.ask("counters");
        if (as_json) {
            fmt::print("{}\n", now.dump(options.watch ? -1 : 2));
        } else {
            // Home, and what is left of the last screen erased.
            fmt::print("{}{}", options.watch ? "\x1b[H\x1b[J" : "",
                       counters_text(now, before, options.view));
        }
        std::fflush(stdout);
        if (!options.watch) {
            return;
        }
        before = now;
        std::this_thread::sleep_for(std::chrono::duration<double>{options.interval});
    }
}

}  // namespace

void add_counters(CLI::App& app, Context& context) {
    auto options = std::make_shared<CountersOptions>();
    CLI::App& command = add_command(
        app, context, "counters",
        "what became of every packet, by reason, link, worker and service",
        [&context, options](Connection& connection) { run(connection, *options, context.json); });
    command.add_flag("--watch", options->watch, "again and again, with rates");
    command.add_option("--interval", options->interval, "seconds between two looks of --watch")
        ->check(CLI::Range(0.1, 3600.0));
    command.add_flag("--all", options->view.all,
                     "reasons and services that counted nothing as well");
    CLI::Option* const worker =
        command.add_option("--worker", options->view.worker, "of this worker alone")
            ->check(CLI::NonNegativeNumber);
    command.add_option("--service", options->view.service, "of this service alone")
        ->excludes(worker);
}

}  // namespace synward::control::ctl
