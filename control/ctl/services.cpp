// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "control/ctl/commands.h"
#include "control/ctl/text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

/// "mss 1460, scale 7, sack, timestamps (heard 3.2 s ago)".
std::string offer_text(const ordered_json& offer) {
    std::string text = fmt::format("mss {}", offer.at("mss").get<unsigned>());
    text += offer.at("window_scale").is_null()
                ? ", no scale"
                : fmt::format(", scale {}", offer.at("window_scale").get<unsigned>());
    for (const char* option : {"sack", "timestamps", "ecn"}) {
        if (offer.at(option).get<bool>()) {
            text += fmt::format(", {}", option);
        }
    }
    return text + (offer.at("heard_ago").is_null()
                       ? " (nothing heard)"
                       : fmt::format(" (heard {} ago)",
                                     duration_text(offer.at("heard_ago").get<double>())));
}

void print_service(const ordered_json& row) {
    fmt::print("{:<20} {:<12} {:<7} budget {:>10} left of {:<10}",
               row.at("service").get<std::string>(), row.at("challenge").get<std::string>(),
               row.at("method").get<std::string>(),
               grouped(row.at("budget_left").get<std::uint64_t>()),
               grouped(row.at("budget").get<std::uint64_t>()));
    for (const char* figure : {"syns", "challenged", "redeemed"}) {
        if (row.contains(figure)) {
            fmt::print("  {} {}", figure, grouped(row.at(figure).get<std::uint64_t>()));
        }
    }
    fmt::print("\n");
    for (const auto& [family, offer] : row.at("offers").items()) {
        if (!offer.at("heard_ago").is_null()) {
            fmt::print("  {}: {}\n", family, offer_text(offer));
        }
    }
}

void print_address(const ordered_json& row) {
    fmt::print("{:<40} {:<16} {}\n", row.at("address").get<std::string>(),
               row.at("service").get<std::string>(), offer_text(row));
}

void run(Connection& connection, bool by_address, bool as_json) {
    connection.ask(by_address ? "server_options" : "services", nlohmann::json::object(),
                   [&](std::string_view text) {
                       if (as_json) {
                           fmt::print("{}\n", text);
                       } else {
                           const auto row = ordered_json::parse(text);
                           by_address ? print_address(row) : print_service(row);
                       }
                       return true;
                   });
}

}  // namespace

void add_services(CLI::App& app, Context& context) {
    auto by_address = std::make_shared<bool>(false);
    CLI::App& command = add_command(app, context, "services",
                                    "how each service is defended, and what its servers offer",
                                    [&context, by_address](Connection& connection) {
                                        run(connection, *by_address, context.json);
                                    });
    command.add_flag("--by-address", *by_address,
                     "what the server at each address offers, instead");
}

}  // namespace synward::control::ctl
