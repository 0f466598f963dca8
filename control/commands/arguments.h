// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/command.h"
#include "wire/four_tuple.h"

namespace synward::control {

// A request's arguments by their names. All throw CommandFailure ("bad_argument") where what is
// given is not what it must be; what is not given is nothing.

/// Refuses names that the command does not have.
void require_known(const Arguments& arguments, std::initializer_list<std::string_view> names);

std::optional<std::string> text_argument(const Arguments& arguments, const char* name);
/// A number from 0 to `most`.
std::optional<std::uint64_t> number_argument(const Arguments& arguments, const char* name,
                                             std::uint64_t most);
/// An address or a prefix, in the notation of policies.
std::optional<wire::Prefix> prefix_argument(const Arguments& arguments, const char* name);
/// A text, or a list of them.
std::vector<std::string> texts_argument(const Arguments& arguments, const char* name);

/// The connection that the arguments "outside" and "inside" name: an address and a port each, as
/// "192.0.2.1:80" or "[2001:db8::1]:80". Both are required.
wire::FourTuple connection_argument(const Arguments& arguments);

}  // namespace synward::control
