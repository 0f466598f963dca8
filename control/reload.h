// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "config/diagnostic.h"
#include "config/settings.h"
#include "worker/engine.h"

namespace synward::control {

/// Why a policy is not taken up.
struct ReloadError {
    std::string text;  ///< one line, with file and place where there are some
    int line = 0;      ///< in the policy file, from 1; 0: no place in it
    int column = 0;    ///< from 1, in bytes
};

/// What has become of an attempt to change the policy.
struct ReloadResult {
    /// Why nothing has changed. Empty: the policy is in force, each worker's next batch is decided
    /// by it.
    std::vector<ReloadError> errors;
    /// In which keys the policy differs from the one before; none is no error.
    std::vector<config::Change> changes;

    [[nodiscard]] bool is_in_force() const { return errors.empty(); }
};

/// Changes the policy of a running engine. A change is made whole or not at all. Control thread.
class Reloader {
  public:
    /// `running`: by which the engine has been made, from `file`.
    Reloader(worker::Engine& engine, config::Configuration running, std::string file);

    /// Reads and validates the file again and has the workers go over to it. A file that is wrong,
    /// or differs in what takes effect at a start only, changes nothing.
    ReloadResult reload();
    /// Challenges the clients of a service otherwise, until the next reload of the file.
    ReloadResult challenge(std::string_view service, defense::Challenge challenge);

    /// What is in force.
    [[nodiscard]] const config::Configuration& running() const { return running_; }
    [[nodiscard]] const std::string& file() const { return file_; }
    /// `changed(running())` is called after each change, once the workers have been told.
    void on_change(std::function<void(const config::Configuration&)> changed) {
        changed_ = std::move(changed);
    }

  private:
    ReloadResult adopt(config::Configuration next);

    worker::Engine& engine_;
    config::Configuration running_;
    std::string file_;
    std::function<void(const config::Configuration&)> changed_;
};

}  // namespace synward::control
