// SPDX-License-Identifier: BSD-3-Clause
#include "control/endpoint_text.h"

#include <fmt/format.h>

#include <charconv>

namespace synward::control {

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = wire::Address::parse(host);
    if (!address || address->is_ipv4() == is_bracketed) {
        return std::nullopt;
    }
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return Endpoint{*address, port};
}

std::string text_of(const Endpoint& endpoint) {
    const std::string address = endpoint.address.text();
    return endpoint.address.is_ipv4() ? fmt::format("{}:{}", address, endpoint.port)
                                      : fmt::format("[{}]:{}", address, endpoint.port);
}

}  // namespace synward::control
