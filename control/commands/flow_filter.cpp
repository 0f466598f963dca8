// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/flow_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "control/commands/arguments.h"
#include "control/flow_text.h"

namespace synward::control {
namespace {

/// "FIN-WAIT-1", "fin_wait_1" and "fin-wait-1" are one state.
std::string simplified(std::string_view text) {
    std::string simple{text};
    for (char& character : simple) {
        character = character == '-'
                        ? '_'
                        : static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
    return simple;
}

/// The bits of the enumerators (from 0 to `count`) whose names are given in the argument.
template <typename Enumeration>
flow::Filter::Mask mask_argument(const Arguments& arguments, const char* argument, unsigned count) {
    unsigned mask = 0;
    for (const std::string& text : texts_argument(arguments, argument)) {
        std::string known;
        bool is_known = false;
        for (unsigned number = 0; number < count; ++number) {
            const std::string candidate = simplified(name(static_cast<Enumeration>(number)));
            known += (known.empty() ? "" : ", ") + candidate;
            if (candidate == simplified(text)) {
                mask |= 1U << number;
                is_known = true;
            }
        }
        if (!is_known) {
            throw CommandFailure{"bad_argument", fmt::format("{}: there is no '{}'; there are {}",
                                                             argument, text, known)};
        }
    }
    return static_cast<flow::Filter::Mask>(mask != 0 ? mask : 0xffff);
}

}  // namespace

std::uint16_t service_number(const std::string& service, const defense::Policy& policy) {
    const auto found = std::ranges::find(policy.services, service, &defense::ServicePolicy::name);
    if (found == policy.services.end()) {
        throw CommandFailure{"not_found", fmt::format("there is no service '{}'", service)};
    }
    return static_cast<std::uint16_t>(found - policy.services.begin());
}

flow::Filter filter_of(const Arguments& arguments, const defense::Policy& policy) {
    flow::Filter filter;
    using SetPrefix = void (flow::Filter::*)(const wire::Prefix&);
    for (const auto& [argument, set] : std::initializer_list<std::pair<const char*, SetPrefix>>{
             {"address", &flow::Filter::require_address},
             {"outside", &flow::Filter::require_outside},
             {"inside", &flow::Filter::require_inside}}) {
        if (const auto prefix = prefix_argument(arguments, argument)) {
            (filter.*set)(*prefix);
        }
    }
    using SetPort = void (flow::Filter::*)(std::uint16_t);
    for (const auto& [argument, set] : std::initializer_list<std::pair<const char*, SetPort>>{
             {"port", &flow::Filter::require_port},
             {"outside_port", &flow::Filter::require_outside_port},
             {"inside_port", &flow::Filter::require_inside_port}}) {
        if (const auto port = number_argument(arguments, argument, 65535)) {
            (filter.*set)(static_cast<std::uint16_t>(*port));
        }
    }
    filter.require_states(
        mask_argument<tcp::EndpointState>(arguments, "state", tcp::kEndpointStateCount));
    filter.require_phases(mask_argument<flow::Phase>(arguments, "phase", 3));
    if (const auto service = text_argument(arguments, "service")) {
        filter.require_service(service_number(*service, policy));
    }
    return filter;
}

}  // namespace synward::control
