// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "config/diagnostic.h"
#include "wire/address.h"

namespace synward::config {

/// A value read from a policy, or what is wrong with it. Numbers are plain decimal everywhere: no
/// sign, no leading zero (YAML 1.1 takes it for octal), no hexadecimal, no fraction.
template <typename T>
using Parsed = std::variant<T, Problem>;

/// What a value may be, both ends included, in the unit of its kind.
struct Range {
    std::uint64_t least = 0;
    std::uint64_t most = ~std::uint64_t{0};

    friend bool operator==(const Range&, const Range&) = default;
};

using Secret = std::array<std::uint8_t, 16>;

/// "1500".
Parsed<std::uint64_t> parse_number(std::string_view text);
/// "1500", "64Ki" or "16Mi".
Parsed<std::uint64_t> parse_count(std::string_view text);
/// "512MiB" as bytes; the unit (KiB, MiB, GiB, TiB) is required.
Parsed<std::uint64_t> parse_size(std::string_view text);
/// "50us", "10s", "2h4min" as microseconds; the unit (us, ms, s, min, h) is required, larger units
/// come first.
Parsed<std::uint64_t> parse_duration(std::string_view text);
/// "200/s" or "10Ki/s"; the unit is required.
Parsed<std::uint64_t> parse_rate(std::string_view text);
/// "80" or "8000-8080", within `limits`.
Parsed<Range> parse_number_range(std::string_view text, const Range& limits);
/// A name for links and services: letters, digits, '_', '.', '-', at most 64 of them.
Parsed<std::string> parse_name(std::string_view text);
/// A PCI address or the string of a DPDK virtual device, either with ",arguments".
Parsed<std::string> parse_device(std::string_view text);
/// An address or a prefix of which no host bit is set.
Parsed<wire::Prefix> parse_prefix(std::string_view text);
/// 32 hexadecimal digits. The problem does not repeat them: they are a secret.
Parsed<Secret> parse_secret(std::string_view text);
/// An argument for DPDK's EAL, unless synward sets it itself.
Parsed<std::string> parse_eal_argument(std::string_view text);
/// An absolute path that a Unix socket can have, or empty for "off".
Parsed<std::string> parse_socket_path(std::string_view text);

/// "192.0.2.1:9108" or "[2001:db8::1]:9108" as it is, or empty for "off".
Parsed<std::string> parse_listener(std::string_view text);

/// The name by which two strings that parse_device accepted can be told apart: without arguments, a
/// PCI address in its full form.
std::string device_identity(std::string_view device);

/// As a policy would have it, in the largest unit that leaves a whole number.
std::string count_text(std::uint64_t count);
std::string size_text(std::uint64_t bytes);
std::string duration_text(std::uint64_t microseconds);
std::string rate_text(std::uint64_t per_second);

}  // namespace synward::config
