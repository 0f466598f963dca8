// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "config/load.h"
#include "config/restart.h"

namespace synward::control {
namespace {

/// A policy with thousands of changes must not fill the log.
constexpr std::size_t kMostLogged = 100;

std::vector<std::string> texts_of(const std::vector<config::Diagnostic>& errors) {
    std::vector<std::string> texts;
    texts.reserve(errors.size());
    for (const config::Diagnostic& error : errors) {
        texts.push_back(error.text());
    }
    return texts;
}

}  // namespace

Reloader::Reloader(worker::Engine& engine, config::Configuration running, std::string file)
    : engine_{engine}, running_{std::move(running)}, file_{std::move(file)} {}

ReloadResult Reloader::reload() {
    config::LoadResult loaded = config::load_file(file_);
    if (!loaded.configuration) {
        return {texts_of(loaded.errors), {}};
    }
    const auto errors =
        config::needing_restart(running_, *loaded.configuration, file_, loaded.places);
    if (!errors.empty()) {
        return {texts_of(errors), {}};
    }
    return adopt(std::move(*loaded.configuration));
}

ReloadResult Reloader::challenge(std::string_view service, defense::Challenge challenge) {
    config::Configuration next = running_;
    const auto found =
        std::ranges::find(next.policy.services, service, &defense::ServicePolicy::name);
    if (found == next.policy.services.end()) {
        return {{fmt::format("there is no service '{}'", service)}, {}};
    }
    found->challenge = challenge;
    return adopt(std::move(next));
}

ReloadResult Reloader::adopt(config::Configuration next) {
    ReloadResult result;
    result.changes = config::changes_between(running_, next);
    if (result.changes.empty()) {
        return result;
    }
    try {
        engine_.adopt(next.policy);
    } catch (const std::length_error& error) {
        return {{fmt::format("{}; try again in a few seconds", error.what())}, {}};
    }
    running_ = std::move(next);
    if (changed_) {
        changed_(running_);
    }
    return result;
}

std::string log_of(const ReloadResult& result, const std::string& file) {
    std::string text;
    const auto list = [&](const auto& entries, auto&& text_of) {
        for (std::size_t index = 0; index < std::min(entries.size(), kMostLogged); ++index) {
            text += fmt::format("synward: {}\n", text_of(entries[index]));
        }
        if (entries.size() > kMostLogged) {
            text += fmt::format("synward: and {} more\n", entries.size() - kMostLogged);
        }
    };
    if (!result.is_in_force()) {
        list(result.errors, [](const std::string& error) { return error; });
        text += fmt::format("synward: not reloaded: {}: the policy in force stays\n", file);
        return text;
    }
    list(result.changes, [](const config::Change& change) { return change.text(); });
    text += fmt::format("synward: reloaded: {}: {} change{}\n", file, result.changes.size(),
                        result.changes.size() == 1 ? "" : "s");
    return text;
}

}  // namespace synward::control
