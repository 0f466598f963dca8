// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload_log.h"

#include <algorithm>
#include <vector>

#include "control/log.h"

namespace synward::control {
namespace {

using log::Level;
using log::Rate;

/// A policy with thousands of changes must not fill the log.
constexpr std::size_t kMostLogged = 100;

template <typename Entry, typename FieldsOf>
void log_each(Level level, std::string_view message, const std::vector<Entry>& entries,
              FieldsOf&& fields_of) {
    const std::size_t logged = std::min(entries.size(), kMostLogged);
    for (std::size_t index = 0; index < logged; ++index) {
        log::write(level, message, fields_of(entries[index]), Rate::kUnlimited);
    }
    if (logged < entries.size()) {
        log::write(level, message, {{"more", entries.size() - logged}}, Rate::kUnlimited);
    }
}

log::Fields fields_of_error(const ReloadError& error) {
    log::Fields fields{{"error", error.text}};
    if (error.line != 0) {
        fields.emplace_back("line", error.line);
        fields.emplace_back("column", error.column);
    }
    return fields;
}

log::Fields fields_of_change(const config::Change& change) {
    log::Fields fields{{"key", change.key}};
    if (!change.before.empty()) {
        fields.emplace_back("before", change.before);
    }
    if (!change.after.empty()) {
        fields.emplace_back("after", change.after);
    }
    return fields;
}

}  // namespace

void log_reload(const ReloadResult& result, const std::string& file) {
    if (!result.is_in_force()) {
        log_each(Level::kError, "policy refused", result.errors, fields_of_error);
        log::write(Level::kError, "synward: not reloaded; the policy in force stays",
                   {{"file", file}, {"errors", result.errors.size()}}, Rate::kUnlimited);
        return;
    }
    log_each(Level::kInfo, "policy changed", result.changes, fields_of_change);
    log::write(Level::kInfo, "synward: reloaded",
               {{"file", file}, {"changes", result.changes.size()}}, Rate::kUnlimited);
}

}  // namespace synward::control
