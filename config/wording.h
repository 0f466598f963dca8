// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace synward::config {

/// `text` fit for one line: control characters escaped, the end cut off where it is very long.
std::string printable(std::string_view text);

/// The same in single quotes.
std::string in_quotes(std::string_view text);

/// "a, b, c".
std::string joined(std::span<const std::string_view> words);

/// The one of `candidates` that `word` was probably meant to be: at most two typing errors away
/// (a character missing, added, replaced, or swapped with its neighbour; case and '-' for '_' are
/// not counted). None when nothing is that near.
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates);

}  // namespace synward::config
