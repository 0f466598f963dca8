// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "impair/impairment.h"

namespace synward::impair {

/// What the command line asks for.
struct Options {
    std::string left;  ///< the device towards the clients
    std::string right;
    Impairment to_right;
    Impairment to_left;
    std::uint64_t seed = 1;
    std::uint32_t queue = 16'384;     ///< packets on their way in one direction, at most
    bool lose_third_segment = false;  ///< of each handshake that a client at the left begins
};

/// "2%" or "0.02"; from 0 to 1.
std::optional<double> parse_share(std::string_view text);

/// Reads the command line. Where it is wrong, or asks for help, says so to the user and returns the
/// exit status (2 and 0).
std::variant<Options, int> parse_command_line(int argc, const char* const* argv);

}  // namespace synward::impair
