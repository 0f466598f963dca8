// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "control/ctl/commands.h"
#include "control/ctl/text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

/// A source, all workers together.
struct Source {
    std::string prefix;
    std::uint64_t connections = 0;
    std::string standing = "within";
};

std::vector<Source> busiest_first(const std::map<std::string, Source>& sources) {
    std::vector<Source> sorted;
    sorted.reserve(sources.size());
    for (const auto& [prefix, source] : sources) {
        sorted.push_back(source);
    }
    std::ranges::stable_sort(sorted, std::ranges::greater{}, &Source::connections);
    return sorted;
}

void run(Connection& connection, std::size_t limit, bool as_json) {
    std::map<std::string, Source> sources;
    const ordered_json end =
        connection.ask("sources", nlohmann::json::object(), [&](std::string_view text) {
            const auto row = ordered_json::parse(text);
            Source& source = sources[row.at("source").get<std::string>()];
            source.prefix = row.at("source").get<std::string>();
            source.connections += row.at("connections").get<std::uint64_t>();
            if (const auto standing = row.at("standing").get<std::string>(); standing != "within") {
                source.standing = standing;
            }
            return true;
        });
    if (!as_json && !end.at("counts_connections").get<bool>()) {
        fmt::print("the policy limits no source's connections, so they are not counted\n");
        return;
    }
    std::vector<Source> sorted = busiest_first(sources);
    if (limit != 0 && sorted.size() > limit) {
        sorted.resize(limit);
    }
    for (const Source& source : sorted) {
        if (as_json) {
            const ordered_json row{{"source", source.prefix},
                                   {"connections", source.connections},
                                   {"standing", source.standing}};
            fmt::print("{}\n", row.dump());
        } else {
            fmt::print("{:<44} {:>10}  {}\n", source.prefix, grouped(source.connections),
                       source.standing);
        }
    }
}

}  // namespace

void add_sources(CLI::App& app, Context& context) {
    auto limit = std::make_shared<std::size_t>(0);
    CLI::App& command = add_command(
        app, context, "sources", "the sources with connections, busiest first",
        [&context, limit](Connection& connection) { run(connection, *limit, context.json); });
    command.add_option("--limit", *limit, "so many at most");
}

}  // namespace synward::control::ctl
