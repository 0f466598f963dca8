// SPDX-License-Identifier: BSD-3-Clause
#include "config/wording.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace synward::config {
namespace {

constexpr std::size_t kLongestQuotation = 60;
constexpr std::size_t kMostTypingErrors = 2;

std::string normalized(std::string_view word) {
    std::string result{word};
    for (char& character : result) {
        character = character == '-'
                        ? '_'
                        : static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
    return result;
}

/// The optimal string alignment distance.
std::size_t typing_errors(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> distance(a.size() + 1,
                                                   std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                distance[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            distance[i][j] = std::min({replaced, distance[i - 1][j] + 1, distance[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
            }
        }
    }
    return distance[a.size()][b.size()];
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    for (const char character : text.substr(0, kLongestQuotation)) {
        const auto byte = static_cast<unsigned char>(character);
        result += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte)
                                              : std::string(1, character);
    }
    return result + (text.size() > kLongestQuotation ? "..." : "");
}

std::string in_quotes(std::string_view text) {
    return "'" + printable(text) + "'";
}

std::string joined(std::span<const std::string_view> words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
    std::optional<std::string> best;
    std::size_t fewest = kMostTypingErrors + 1;
    for (const std::string_view candidate : candidates) {
        if (word.size() > candidate.size() + kMostTypingErrors) {
            continue;
        }
        const std::size_t errors = typing_errors(normalized(word), normalized(candidate));
        if (errors < fewest && errors < candidate.size()) {
            fewest = errors;
            best = std::string{candidate};
        }
    }
    return best;
}

}  // namespace synward::config
