// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "control/ctl/commands.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

void print(const ordered_json& result, bool as_json) {
    if (as_json) {
        fmt::print("{}\n", result.dump(2));
        return;
    }
    const auto& changes = result.at("changes");
    for (const auto& change : changes) {
        fmt::print("{}\n", change.get<std::string>());
    }
    fmt::print("in force: {} change{}\n", changes.size(), changes.size() == 1 ? "" : "s");
}

}  // namespace

void add_policy(CLI::App& app, Context& context) {
    add_command(
        app, context, "reload", "reads the policy file again; what is wrong changes nothing",
        [&context](Connection& connection) { print(connection.ask("reload"), context.json); });
    struct Words {
        std::string service, challenge;
    };
    auto words = std::make_shared<Words>();
    CLI::App& command = add_command(
        app, context, "challenge",
        "has a service's clients challenged otherwise, until the next reload",
        [&context, words](Connection& connection) {
            print(connection.ask("challenge",
                                 {{"service", words->service}, {"challenge", words->challenge}}),
                  context.json);
        });
    command.add_option("service", words->service, "the service's name")->required();
    command.add_option("challenge", words->challenge, "always, over-budget or never")
        ->required()
        ->check(CLI::IsMember({"always", "over-budget", "never"}));
}

}  // namespace synward::control::ctl
