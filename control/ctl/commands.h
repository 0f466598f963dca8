// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "control/ctl/connection.h"

namespace CLI {
class App;
}

namespace synward::control::ctl {

/// What all commands have in common.
struct Context {
    std::string socket = "/run/synward/synward.sock";
    bool json = false;
    /// Set by the command that was given.
    std::function<void(Connection&)> run;
};

// Each adds its commands with their options to the command line. `context` outlives `app`.
void add_status(CLI::App& app, Context& context);
void add_capture(CLI::App& app, Context& context);
void add_counters(CLI::App& app, Context& context);
void add_flows(CLI::App& app, Context& context);
void add_services(CLI::App& app, Context& context);
void add_sources(CLI::App& app, Context& context);
void add_policy(CLI::App& app, Context& context);
void add_top(CLI::App& app, Context& context);

/// All of them, and what holds for all.
void add_all(CLI::App& app, Context& context);

/// A subcommand with the options that every command has; `run` is what it does.
CLI::App& add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& description, std::function<void(Connection&)> run);

}  // namespace synward::control::ctl
