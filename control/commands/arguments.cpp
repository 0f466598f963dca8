// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/values.h"
#include "control/endpoint_text.h"

namespace synward::control {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
    throw CommandFailure{"bad_argument", fmt::format("{}: {}", name, why)};
}

}  // namespace

void require_known(const Arguments& arguments, std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : arguments.items()) {
        if (std::ranges::find(names, name) == names.end()) {
            refuse(name, "the command has no such argument");
        }
    }
}

std::optional<std::string> text_argument(const Arguments& arguments, const char* name) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) {
        return std::nullopt;
    }
    if (!found->is_string()) {
        refuse(name, "must be a text");
    }
    return found->get<std::string>();
}

std::optional<std::uint64_t> number_argument(const Arguments& arguments, const char* name,
                                             std::uint64_t most) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) {
        return std::nullopt;
    }
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > most) {
        refuse(name, fmt::format("must be a number from 0 to {}", most));
    }
    return found->get<std::uint64_t>();
}

std::optional<wire::Prefix> prefix_argument(const Arguments& arguments, const char* name) {
    const auto text = text_argument(arguments, name);
    if (!text) {
        return std::nullopt;
    }
    const auto parsed = config::parse_prefix(*text);
    if (const auto* problem = std::get_if<config::Problem>(&parsed)) {
        refuse(name, problem->found);
    }
    return std::get<wire::Prefix>(parsed);
}

std::vector<std::string> texts_argument(const Arguments& arguments, const char* name) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) {
        return {};
    }
    if (!found->is_array()) {
        return {*text_argument(arguments, name)};
    }
    std::vector<std::string> texts;
    for (const auto& entry : *found) {
        if (!entry.is_string()) {
            refuse(name, "must be a text or a list of them");
        }
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

wire::FourTuple connection_argument(const Arguments& arguments) {
    const auto end = [&](const char* name) {
        const auto text = text_argument(arguments, name);
        const auto parsed = text ? parse_endpoint(*text) : std::nullopt;
        if (!parsed) {
            refuse(name, "must be an address with a port, as 192.0.2.1:80 or [2001:db8::1]:80");
        }
        return *parsed;
    };
    const Endpoint outside = end("outside");
    const Endpoint inside = end("inside");
    return {outside.address, inside.address, outside.port, inside.port};
}

}  // namespace synward::control
