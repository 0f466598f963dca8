// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <map>
#include <string_view>

#include "config/settings.h"
#include "config/wording.h"

namespace synward::config {
namespace {

using ByKey = std::map<std::string_view, const Setting*>;

/// Appends what differs between the two, of which each has any key once.
void compare(const std::vector<Setting>& before, const std::vector<Setting>& after,
             std::vector<Change>& changes) {
    ByKey left;
    for (const Setting& setting : before) {
        left.emplace(setting.key, &setting);
    }
    for (const Setting& setting : after) {
        const auto old = left.find(setting.key);
        if (old == left.end()) {
            changes.push_back({setting.key, "", setting.shown(), setting.needs_restart});
            continue;
        }
        if (old->second->value != setting.value) {
            changes.push_back(
                {setting.key, old->second->shown(), setting.shown(), setting.needs_restart});
        }
        left.erase(old);
    }
    for (const auto& [key, setting] : left) {
        changes.push_back({setting->key, setting->shown(), "", setting->needs_restart});
    }
}

/// A service in a few words.
std::string summary(const std::vector<Setting>& service) {
    std::string text;
    for (const Setting& setting : service) {
        const std::string_view name =
            std::string_view{setting.key}.substr(setting.key.rfind('.') + 1);
        if (name == "addresses" || name == "ports" || name == "challenge") {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, setting.value);
        }
    }
    return text;
}

}  // namespace

std::string Change::text() const {
    // Lists of thousands of addresses are cut off.
    const auto side = [](const std::string& value) {
        return value.empty() ? std::string{"(none)"} : printable(value);
    };
    return fmt::format("{}: {} -> {}", key, side(before), side(after));
}

std::vector<Change> changes_between(const Configuration& before, const Configuration& after) {
    std::vector<Change> changes;
    compare(list_settings_without_services(before), list_settings_without_services(after), changes);
    std::map<std::string_view, const defense::ServicePolicy*> left;
    for (const auto& service : before.policy.services) {
        left.emplace(service.name, &service);
    }
    for (const auto& service : after.policy.services) {
        const auto old = left.find(service.name);
        if (old == left.end()) {
            changes.push_back({"services." + service.name, "", summary(list_settings(service))});
            continue;
        }
        compare(list_settings(*old->second), list_settings(service), changes);
        left.erase(old);
    }
    for (const auto& [name, service] : left) {
        changes.push_back({"services." + std::string{name}, summary(list_settings(*service)), ""});
    }
    return changes;
}

}  // namespace synward::config
