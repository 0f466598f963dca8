// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control/log.h"

/// What the log is made of, apart from where it goes.
namespace synward::control::log {

using Time = std::chrono::system_clock::time_point;

/// "2026-11-25T00:12:34.567Z".
std::string time_text(Time time);
std::string_view name(Level level);

/// `time=... level=info msg="..." name=value`, without a line end. Values are quoted where they
/// have a space, a quote, a '=' or a control character in them.
std::string logfmt(Time time, Level level, std::string_view message, std::span<const Field> fields);
/// The same as a JSON object; values are strings.
std::string json(Time time, Level level, std::string_view message, std::span<const Field> fields);
/// The message and its fields, as the journal shows them.
std::string journal_text(std::string_view message, std::span<const Field> fields);

/// Keeps one message from filling the log.
class RateLimit {
  public:
    static constexpr unsigned kMost = 10;
    static constexpr std::chrono::seconds kInterval{10};

    /// Whether a line may be written at `now`; if so, how many were not before it.
    std::optional<std::uint64_t> allows(std::string_view message, Time now);

  private:
    struct Window {
        Time began;
        unsigned written = 0;
        std::uint64_t suppressed = 0;
    };
    std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace synward::control::log
