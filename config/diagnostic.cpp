// SPDX-License-Identifier: BSD-3-Clause
#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace synward::config {
namespace {
// A file that is wrong more often than this is no policy; it must not fill memory and terminal.
constexpr std::size_t kMostErrors = 1000;
}  // namespace

std::string Diagnostic::text() const {
    std::string result = file;
    if (line > 0) {
        result += fmt::format(":{}:{}", line, column);
    }
    result += ": ";
    if (!key.empty()) {
        result += key + ": ";
    }
    result += fmt::format("{}; expected {}", found, expected);
    if (suggestion) {
        result += fmt::format("; did you mean '{}'?", *suggestion);
    }
    return result;
}

void Errors::add(const Place& place, Problem problem, std::string expected) {
    if (diagnostics_.size() == kMostErrors) {
        return;
    }
    diagnostics_.push_back({file_, place.line, place.column, place.key, std::move(problem.found),
                            std::move(expected), std::move(problem.suggestion)});
}

std::string Errors::reference(const Place& place) const {
    return fmt::format("{} ({}:{}:{})", place.key, file_, place.line, place.column);
}

std::vector<Diagnostic> Errors::take() {
    std::ranges::stable_sort(diagnostics_, {}, [](const Diagnostic& diagnostic) {
        return std::tuple(diagnostic.line, diagnostic.column);
    });
    return std::exchange(diagnostics_, {});
}

}  // namespace synward::config
