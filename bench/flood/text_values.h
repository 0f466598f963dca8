// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flood/specification.h"

/// The values of the command line, from and to text. All of `text` must be the value.
namespace synward::flood {

/// Packets per second: "100000", "100k", "1.5M", "1G"; "0" is flat out.
std::optional<double> parse_rate(std::string_view text);
/// "10s", "500ms", "2m", "1h"; a bare number is of seconds. Greater than zero.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "80", "80,443,8000-8080"; ports from 1 to 65535.
std::optional<std::vector<PortRange>> parse_port_ranges(std::string_view text);
/// "52:54:00:12:34:56"; a group address (broadcast or multicast) is none.
std::optional<MacAddress> parse_unicast_mac(std::string_view text);
/// Whether `device` names a PCI function, "0000:01:00.0" or "01:00.0", with or without parameters
/// behind a comma.
bool is_pci_address(std::string_view device);

}  // namespace synward::flood
