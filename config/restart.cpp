// SPDX-License-Identifier: BSD-3-Clause
#include "config/restart.h"

#include <fmt/format.h>

#include <string_view>

#include "config/settings.h"

namespace synward::config {
namespace {

/// Where the key stands, or what it would be part of where the file does not have it.
Place place_of(const std::string& key, const Places& places) {
    for (std::string_view path = key; !path.empty();) {
        const auto found = places.find(path);
        if (found != places.end()) {
            return {key, found->second.line, found->second.column};
        }
        const auto parent = path.find_last_of(".[");
        path = path.substr(0, parent == std::string_view::npos ? 0 : parent);
    }
    return {key, 1, 1};
}

std::string in_words(const std::string& value) {
    return value.empty() || value == kAbsent ? "the key's absence" : value;
}

}  // namespace

std::vector<Diagnostic> needing_restart(const Configuration& running, const Configuration& next,
                                        const std::string& file, const Places& places) {
    Errors errors{file};
    // Boxes that share a secret reckon their epochs by the clock and this, all of them alike.
    const bool epochs_are_shared = running.policy.master_secret.has_value();
    for (const Change& change : changes_between(running, next)) {
        if (change.needs_restart || (epochs_are_shared && change.key == "cookies.key_lifetime")) {
            errors.add(place_of(change.key, places),
                       {fmt::format("{} needs a restart", in_words(change.after)), {}},
                       fmt::format("{}, by which the box runs", in_words(change.before)));
        }
    }
    return errors.take();
}

}  // namespace synward::config
