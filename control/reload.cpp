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

ReloadResult refused_for(const std::vector<config::Diagnostic>& errors) {
    ReloadResult result;
    for (const config::Diagnostic& error : errors) {
        result.errors.push_back({error.text(), error.line, error.column});
    }
    return result;
}

}  // namespace

Reloader::Reloader(worker::Engine& engine, config::Configuration running, std::string file)
    : engine_{engine}, running_{std::move(running)}, file_{std::move(file)} {}

ReloadResult Reloader::reload() {
    config::LoadResult loaded = config::load_file(file_);
    if (!loaded.configuration) {
        return refused_for(loaded.errors);
    }
    const auto errors =
        config::needing_restart(running_, *loaded.configuration, file_, loaded.places);
    if (!errors.empty()) {
        return refused_for(errors);
    }
    return adopt(std::move(*loaded.configuration));
}

ReloadResult Reloader::challenge(std::string_view service, defense::Challenge challenge) {
    config::Configuration next = running_;
    const auto found =
        std::ranges::find(next.policy.services, service, &defense::ServicePolicy::name);
    if (found == next.policy.services.end()) {
        return {{{fmt::format("there is no service '{}'", service)}}, {}};
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
        return {{{fmt::format("{}; try again in a few seconds", error.what())}}, {}};
    }
    running_ = std::move(next);
    if (changed_) {
        changed_(running_);
    }
    return result;
}

}  // namespace synward::control
