// SPDX-License-Identifier: BSD-3-Clause
#include "control/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace synward::control::log {
namespace {

bool needs_quotes(std::string_view value) {
    return value.empty() || std::ranges::any_of(value, [](unsigned char character) {
               return character <= ' ' || character == '"' || character == '=' ||
                      character == '\\' || character == 0x7f;
           });
}

std::string quoted_where_needed(std::string_view value) {
    if (!needs_quotes(value)) {
        return std::string{value};
    }
    std::string text = "\"";
    for (const char character : value) {
        switch (character) {
            case '"':
                text += "\\\"";
                break;
            case '\\':
                text += "\\\\";
                break;
            case '\n':
                text += "\\n";
                break;
            default: {
                const auto byte = static_cast<unsigned char>(character);
                text += byte < ' ' || byte == 0x7f ? fmt::format("\\x{:02x}", byte)
                                                   : std::string(1, character);
            }
        }
    }
    return text + '"';
}

std::string fields_text(std::span<const Field> fields) {
    std::string text;
    for (const Field& field : fields) {
        text += fmt::format(" {}={}", field.name, quoted_where_needed(field.value));
    }
    return text;
}

}  // namespace

std::string time_text(Time time) {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(static_cast<std::time_t>(milliseconds / 1000)),
                       milliseconds % 1000);
}

std::string_view name(Level level) {
    static constexpr std::array<std::string_view, 4> kNames{"error", "warning", "info", "debug"};
    return kNames[static_cast<std::size_t>(level)];
}

std::string logfmt(Time time, Level level, std::string_view message,
                   std::span<const Field> fields) {
    return fmt::format("time={} level={} msg={}{}", time_text(time), name(level),
                       quoted_where_needed(message), fields_text(fields));
}

std::string json(Time time, Level level, std::string_view message, std::span<const Field> fields) {
    nlohmann::ordered_json line;
    line["time"] = time_text(time);
    line["level"] = name(level);
    line["msg"] = message;
    for (const Field& field : fields) {
        line[std::string{field.name}] = field.value;
    }
    // What is no UTF-8 must not end the program.
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string journal_text(std::string_view message, std::span<const Field> fields) {
    return std::string{message} + fields_text(fields);
}

std::optional<std::uint64_t> RateLimit::allows(std::string_view message, Time now) {
    auto found = windows_.find(message);
    if (found == windows_.end()) {
        found = windows_.emplace(message, Window{.began = now}).first;
    }
    Window& window = found->second;
    if (now - window.began >= kInterval || now < window.began) {
        window.began = now;
        window.written = 0;
    }
    if (window.written >= kMost) {
        ++window.suppressed;
        return std::nullopt;
    }
    ++window.written;
    return std::exchange(window.suppressed, 0);
}

}  // namespace synward::control::log
