// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "control/ctl/commands.h"
#include "control/ctl/top_screen.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

struct TopOptions {
    double interval = 1;
    bool once = false;
};

struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

Size size_of_terminal() {
    winsize found{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0) {
        return {};
    }
    return {found.ws_col, found.ws_row};
}

TopSample take(Connection& connection) {
    TopSample sample{
        .status = connection.ask("status"), .counters = connection.ask("counters"), .services = {}};
    connection.ask("services", nlohmann::json::object(), [&](std::string_view row) {
        sample.services.push_back(ordered_json::parse(row));
        return true;
    });
    return sample;
}

void show(const TopSample& now, const TopSample& before, bool as_json, bool in_place) {
    if (as_json) {
        fmt::print("{}\n", ordered_json{{"status", now.status},
                                        {"counters", now.counters},
                                        {"services", now.services}}
                               .dump());
    } else {
        // The last line of the terminal stays empty, or it would scroll.
        const auto [columns, rows] = size_of_terminal();
        fmt::print("{}{}", in_place ? "\x1b[H\x1b[J" : "",
                   top_screen(now, before, columns, rows - 1));
    }
    std::fflush(stdout);
}

void run(Connection& connection, const TopOptions& options, bool as_json) {
    TopSample before = take(connection);
    do {
        std::this_thread::sleep_for(std::chrono::duration<double>{options.interval});
        TopSample now = take(connection);
        show(now, before, as_json, !options.once);
        before = std::move(now);
    } while (!options.once);
}

}  // namespace

void add_top(CLI::App& app, Context& context) {
    auto options = std::make_shared<TopOptions>();
    CLI::App& command = add_command(
        app, context, "top",
        "what happens now: rates, workers, services, reasons; ends with Ctrl-C",
        [&context, options](Connection& connection) { run(connection, *options, context.json); });
    command.add_option("--interval", options->interval, "seconds between two looks")
        ->check(CLI::Range(0.1, 3600.0));
    command.add_flag("--once", options->once, "one screen, after one interval");
}

}  // namespace synward::control::ctl
