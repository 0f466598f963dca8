// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "control/ctl/commands.h"
#include "control/ctl/text.h"
#include "wire/reason.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

struct Options {
    bool watch = false;
    double interval = 1;
    bool all = false;
    int worker = -1;
};

constexpr std::pair<wire::Disposition, const char*> kDispositions[] = {
    {wire::Disposition::kForwarded, "forwarded"},
    {wire::Disposition::kAnswered, "answered"},
    {wire::Disposition::kHeld, "held"},
    {wire::Disposition::kDropped, "dropped"},
    {wire::Disposition::kOriginated, "originated"},
};

std::uint64_t value_of(const ordered_json& object, std::string_view name) {
    const auto found = object.find(name);
    return found == object.end() ? 0 : found->get<std::uint64_t>();
}

/// A line's count, and how much it has grown in the last interval.
class Lines {
  public:
    Lines(const Options& options, double seconds) : options_{options}, seconds_{seconds} {}

    void add(int depth, std::string_view name, std::uint64_t now, std::uint64_t before,
             std::string_view text = "") {
        if (depth == 2 && now == 0 && !options_.all) {
            return;
        }
        const std::string rate =
            seconds_ > 0
                ? fmt::format("{:>9}/s", short_number(static_cast<double>(now - before) / seconds_))
                : "";
        text_ += fmt::format("{:{}}{:<{}}{:>18}{}{}{}\n", "", 2 * depth, name, 30 - 2 * depth,
                             grouped(now), rate, text.empty() ? "" : "  ", text);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    const Options& options_;
    double seconds_;
    std::string text_;
};

/// The sums and the reasons of one worker or of all.
void add_packets(Lines& lines, const ordered_json& sums, const ordered_json& reasons,
                 const ordered_json& sums_before, const ordered_json& reasons_before) {
    lines.add(0, "received", value_of(sums, "received"), value_of(sums_before, "received"));
    for (const auto& [disposition, name] : kDispositions) {
        lines.add(1, name, value_of(sums, name), value_of(sums_before, name));
        for (const auto& reason : wire::kReasons) {
            if (reason.disposition == disposition) {
                lines.add(2, reason.name, value_of(reasons, reason.name),
                          value_of(reasons_before, reason.name), reason.text);
            }
        }
    }
    for (const char* name : {"handed_over", "taken_over", "originated_lost"}) {
        lines.add(2, name, value_of(sums, name), value_of(sums_before, name));
    }
}

const ordered_json& worker_of(const ordered_json& counters, int worker) {
    const auto& workers = counters.at("workers");
    if (static_cast<std::size_t>(worker) >= workers.size()) {
        throw Refused{fmt::format("there is no worker {}; there are {}", worker, workers.size())};
    }
    return workers[static_cast<std::size_t>(worker)];
}

std::string text_of(const ordered_json& now, const ordered_json& before, const Options& options) {
    const double seconds =
        before.empty() ? 0 : now.at("seconds").get<double>() - before.at("seconds").get<double>();
    const ordered_json& earlier = before.empty() ? now : before;
    Lines lines{options, seconds};
    if (options.worker >= 0) {
        const ordered_json& worker = worker_of(now, options.worker);
        const ordered_json& its_past = worker_of(earlier, options.worker);
        add_packets(lines, worker, worker.at("counters"), its_past, its_past.at("counters"));
        return lines.text();
    }
    add_packets(lines, now.at("totals"), now.at("counters"), earlier.at("totals"),
                earlier.at("counters"));
    std::string text = lines.text();
    for (const auto& port : now.at("links")) {
        text += fmt::format("link {} {:<8} received {:>16}  sent {:>16}  missed {:>12}\n",
                            port.at("link").get<std::string>(), port.at("side").get<std::string>(),
                            grouped(port.at("received").get<std::uint64_t>()),
                            grouped(port.at("sent").get<std::uint64_t>()),
                            grouped(port.at("missed").get<std::uint64_t>()));
    }
    return text;
}

void run(Connection& connection, const Options& options, bool json) {
    ordered_json before;
    while (true) {
        const ordered_json now = connection.ask("counters");
        if (json) {
            fmt::print("{}\n", now.dump(options.watch ? -1 : 2));
        } else {
            // Home, and what is left of the last screen erased.
            fmt::print("{}{}", options.watch ? "\x1b[H\x1b[J" : "", text_of(now, before, options));
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
    auto options = std::make_shared<Options>();
    CLI::App& command = add_command(
        app, context, "counters", "what became of every packet, by reason, link and worker",
        [&context, options](Connection& connection) { run(connection, *options, context.json); });
    command.add_flag("--watch", options->watch, "again and again, with rates");
    command.add_option("--interval", options->interval, "seconds between two looks of --watch")
        ->check(CLI::Range(0.1, 3600.0));
    command.add_flag("--all", options->all, "reasons that never occurred as well");
    command.add_option("--worker", options->worker, "of this worker alone")
        ->check(CLI::NonNegativeNumber);
}

}  // namespace synward::control::ctl
