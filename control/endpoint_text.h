// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/address.h"

namespace synward::control {

/// One end of a connection.
struct Endpoint {
    wire::Address address;
    std::uint16_t port = 0;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Reads "192.0.2.1:80" or "[2001:db8::1]:80" (RFC 3986 section 3.2.2); nothing else.
std::optional<Endpoint> parse_endpoint(std::string_view text);
/// Writes the same.
std::string text_of(const Endpoint& endpoint);

}  // namespace synward::control
