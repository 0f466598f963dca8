// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/commands.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace synward::control::ctl {

CLI::App& add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& description, std::function<void(Connection&)> run) {
    CLI::App& command = *app.add_subcommand(name, description);
    command.add_flag("--json", context.json, "JSON for programs instead of text");
    command.callback([&context, run = std::move(run)] { context.run = run; });
    return command;
}

void add_all(CLI::App& app, Context& context) {
    app.description("synwardctl: asks and tells a running synward");
    app.set_version_flag("--version", std::string{"synwardctl " SYNWARD_VERSION});
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--socket", context.socket, "the control socket")
        ->envname("SYNWARD_SOCKET")
        ->capture_default_str();
    add_status(app, context);
    add_capture(app, context);
    add_counters(app, context);
    add_flows(app, context);
    add_services(app, context);
    add_sources(app, context);
    add_policy(app, context);
    add_top(app, context);
}

}  // namespace synward::control::ctl
