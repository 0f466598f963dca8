// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace synward::config {

/// What stands for the value of a key that is absent and has no default.
inline constexpr std::string_view kAbsent = "-";

/// One key of a policy with its value, whether the file gave it or left it at its default.
struct Setting {
    /// The path of the key: "flows.capacity", "links[0].outside"; of services, which have names,
    /// "services.web.budget".
    std::string key;
    /// As a policy would have it, or kAbsent.
    std::string value;
    bool is_secret = false;      ///< the value is for comparing and not for showing
    bool needs_restart = false;  ///< it takes effect at a start only

    /// What may be shown of the value.
    [[nodiscard]] std::string shown() const;
    friend bool operator==(const Setting&, const Setting&) = default;
};

/// Every key of `configuration`, in the order of the schema.
std::vector<Setting> list_settings(const Configuration& configuration);
/// Those of its services left out, and those of one service.
std::vector<Setting> list_settings_without_services(const Configuration& configuration);
std::vector<Setting> list_settings(const defense::ServicePolicy& service);

/// One key that differs between two configurations.
struct Change {
    std::string key;
    std::string before;  ///< empty: the key was not there, as its service or link was not
    std::string after;   ///< empty: it is there no more
    bool needs_restart = false;

    /// "services.web.budget: 1Ki -> 2Ki", in one line. Never shows a secret.
    [[nodiscard]] std::string text() const;
};

/// What changes from `before` to `after`: in the order of `after`, what is gone last. A service
/// that comes or goes is one change, of the key "services.NAME".
std::vector<Change> changes_between(const Configuration& before, const Configuration& after);

}  // namespace synward::config
