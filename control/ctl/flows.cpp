// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "control/ctl/commands.h"
#include "control/ctl/flow_order.h"
#include "control/ctl/text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct ListOptions {
    std::string address, outside, inside, service, sort;
    std::optional<std::uint16_t> port, outside_port, inside_port;
    std::vector<std::string> states, phases;
    std::size_t limit = 0;
    bool reverse = false;
    bool count = false;
};

struct Ends {
    std::string outside, inside;
};

json arguments_of(const ListOptions& options) {
    json arguments = json::object();
    for (const auto& [name, text] : {std::pair{"address", &options.address},
                                     {"outside", &options.outside},
                                     {"inside", &options.inside},
                                     {"service", &options.service}}) {
        if (!text->empty()) {
            arguments[name] = *text;
        }
    }
    for (const auto& [name, port] : {std::pair{"port", options.port},
                                     {"outside_port", options.outside_port},
                                     {"inside_port", options.inside_port}}) {
        if (port) {
            arguments[name] = *port;
        }
    }
    for (const auto& [name, list] :
         {std::pair{"state", &options.states}, {"phase", &options.phases}}) {
        if (!list->empty()) {
            arguments[name] = *list;
        }
    }
    // Sorted, the limit counts only once all have come.
    if (options.limit != 0 && options.sort.empty()) {
        arguments["limit"] = options.limit;
    }
    return arguments;
}

void print_head() {
    fmt::print("{:<24} {:<12} {:<24} {:<12} {:<10} {:<14} {:>14}\n", "OUTSIDE", "STATE", "INSIDE",
               "STATE", "PHASE", "SERVICE", "EXPIRES IN");
}

void print_row(const ordered_json& row) {
    const auto text = [&](const char* name) -> const std::string& {
        return row.at(name).get_ref<const std::string&>();
    };
    fmt::print("{:<24} {:<12} {:<24} {:<12} {:<10} {:<14} {:>14}\n", text("outside"),
               text("outside_state"), text("inside"), text("inside_state"), text("phase"),
               text("service"), duration_text(row.at("expires_in").get<double>()));
}

void list(Connection& connection, const ListOptions& options, bool as_json) {
    const json arguments = arguments_of(options);
    if (options.count) {
        std::uint64_t count = 0;
        connection.ask("flows", arguments, [&](std::string_view) {
            ++count;
            return true;
        });
        as_json ? fmt::print("{{\"flows\":{}}}\n", count) : fmt::print("{}\n", count);
        return;
    }
    if (!as_json) {
        print_head();
    }
    const auto print = [&](std::string_view row) {
        as_json ? fmt::print("{}\n", row) : print_row(ordered_json::parse(row));
        return true;
    };
    if (options.sort.empty()) {
        connection.ask("flows", arguments, print);
        return;
    }
    SortedRows rows{options.sort, options.reverse, options.limit};
    connection.ask("flows", arguments, [&](std::string_view row) {
        rows.add(row);
        return true;
    });
    for (const ordered_json& row : rows.take()) {
        print(row.dump());
    }
}

/// One line for each member, those of members under their name.
void print_members(const ordered_json& object, const std::string& prefix = "") {
    for (const auto& [name, value] : object.items()) {
        if (value.is_object()) {
            print_members(value, prefix + name + ".");
        } else {
            fmt::print("{:<28} {}\n", prefix + name,
                       value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
}

void show(Connection& connection, const Ends& ends, bool as_json) {
    const ordered_json flow =
        connection.ask("flow_show", {{"outside", ends.outside}, {"inside", ends.inside}});
    as_json ? fmt::print("{}\n", flow.dump(2)) : print_members(flow);
}

std::string which_were_reset(const ordered_json& killed) {
    const bool outside = killed.at("outside_reset").get<bool>();
    const bool inside = killed.at("inside_reset").get<bool>();
    if (outside && inside) {
        return "both ends were sent a RST";
    }
    if (outside || inside) {
        return fmt::format("only the {} end was sent a RST", outside ? "outside" : "inside");
    }
    return "no end could be sent a RST";
}

void kill(Connection& connection, const Ends& ends, bool as_json) {
    const ordered_json killed =
        connection.ask("flow_kill", {{"outside", ends.outside}, {"inside", ends.inside}});
    if (as_json) {
        fmt::print("{}\n", killed.dump(2));
        return;
    }
    fmt::print("killed {} <-> {}: {}\n", ends.outside, ends.inside, which_were_reset(killed));
}

void add_ends(CLI::App& command, Ends& ends) {
    command
        .add_option("outside", ends.outside,
                    "address and port on the outside: 192.0.2.1:4711 or [2001:db8::1]:4711")
        ->required();
    command.add_option("inside", ends.inside, "the same on the inside")->required();
}

void add_list(CLI::App& app, Context& context) {
    auto options = std::make_shared<ListOptions>();
    CLI::App& command = add_command(
        app, context, "flows", "the connections in the table, with the states of both ends",
        [&context, options](Connection& connection) { list(connection, *options, context.json); });
    command.add_option("--address", options->address, "with an end in this address or prefix");
    command.add_option("--outside", options->outside, "whose outside address is in this prefix");
    command.add_option("--inside", options->inside, "whose inside address is in this prefix");
    command.add_option("--port", options->port, "with this port at an end");
    command.add_option("--outside-port", options->outside_port, "with this port on the outside");
    command.add_option("--inside-port", options->inside_port, "with this port on the inside");
    command
        .add_option("--state", options->states,
                    "with an end in this state, such as established or fin-wait-2; may be repeated")
        ->allow_extra_args(false);
    command
        .add_option("--phase", options->phases, "half_open, connecting or open; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--service", options->service, "of this service");
    command.add_option("--sort", options->sort, "sort by this column")
        ->check(CLI::IsMember(
            std::vector<std::string>{std::begin(kFlowOrders), std::end(kFlowOrders)}));
    command.add_flag("--reverse", options->reverse, "sort in the other direction")->needs("--sort");
    command.add_option("--limit", options->limit, "so many at most");
    command.add_flag("--count", options->count, "only how many there are");
}

}  // namespace

void add_flows(CLI::App& app, Context& context) {
    add_list(app, context);
    CLI::App& flow = *app.add_subcommand("flow", "one connection");
    flow.require_subcommand(1);
    auto ends = std::make_shared<Ends>();
    add_ends(add_command(flow, context, "show", "all that is known of a connection",
                         [&context, ends](Connection& connection) {
                             show(connection, *ends, context.json);
                         }),
             *ends);
    add_ends(
        add_command(
            flow, context, "kill", "ends a connection: RST to both ends, and it is forgotten",
            [&context, ends](Connection& connection) { kill(connection, *ends, context.json); }),
        *ends);
}

}  // namespace synward::control::ctl
