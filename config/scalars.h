// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/schema.h"
#include "config/values.h"

namespace synward::config {

// A key's value from the text of it, checked against what the schema says of the key. A key of
// another kind is a mistake of the program and throws std::logic_error.

/// A name, a device, an EAL argument, a socket's path or what to listen at.
Parsed<std::string> text_value(std::string_view text, const Key& key);
/// A number of whatever kind, in the unit of the kind; it must be a multiple of `step`.
Parsed<std::uint64_t> number_value(std::string_view text, const Key& key, std::uint64_t step);
/// The position of `text` in the key's words.
Parsed<std::size_t> word_value(std::string_view text, const Key& key);
Parsed<bool> boolean_value(std::string_view text, const Key& key);
Parsed<Secret> secret_value(std::string_view text, const Key& key);
/// A core, a port, or a range of either.
Parsed<Range> range_value(std::string_view text, const Key& key);
Parsed<wire::Prefix> prefix_value(std::string_view text, const Key& key);

}  // namespace synward::config
