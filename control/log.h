// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/configuration.h"

/// The log of the control thread and of those that serve it; workers write none. To the journal,
/// field by field, where systemd has connected standard error with it (JOURNAL_STREAM), else one
/// line each on standard error. Any thread.
namespace synward::control::log {

using Level = config::LogLevel;

/// A named value of a line: lower-case letters and '_'.
struct Field {
    std::string_view name;
    std::string value;

    template <typename T>
    Field(std::string_view field, const T& what) : name{field}, value{fmt::format("{}", what)} {}
};
using Fields = std::vector<Field>;

/// What is written from now on, and how. Before: Format::kLogfmt, Level::kInfo.
void configure(config::LogFormat format, Level least);

/// Whether a line may be left out.
enum class Rate : std::uint8_t {
    kLimited,    ///< of lines with the same message and first field, at most ten in ten seconds
    kUnlimited,  ///< an operator has asked for it
};

/// Writes a line. After lines that were left out the next one says how many they were.
void write(Level level, std::string_view message, Fields fields, Rate rate = Rate::kLimited);
inline void error(std::string_view message, Fields fields = {}) {
    write(Level::kError, message, std::move(fields));
}
inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::kWarning, message, std::move(fields));
}
inline void info(std::string_view message, Fields fields = {}) {
    write(Level::kInfo, message, std::move(fields));
}
inline void debug(std::string_view message, Fields fields = {}) {
    write(Level::kDebug, message, std::move(fields));
}

}  // namespace synward::control::log
