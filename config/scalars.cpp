// SPDX-License-Identifier: BSD-3-Clause
#include "config/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

#include "config/wording.h"

namespace synward::config {
namespace {

void require_kind(const Key& key, std::initializer_list<Kind> kinds) {
    if (std::ranges::find(kinds, key.kind) == kinds.end()) {
        throw std::logic_error(fmt::format("'{}' is read as another kind than its own", key.name));
    }
}

Parsed<std::uint64_t> parse_by_kind(std::string_view text, const Key& key) {
    switch (key.kind) {
        case Kind::kCount:
            return parse_count(text);
        case Kind::kSize:
            return parse_size(text);
        case Kind::kDuration:
            return parse_duration(text);
        case Kind::kRate:
            return parse_rate(text);
        default:
            return parse_number(text);
    }
}

bool is_in_range(std::uint64_t value, const Key& key) {
    return value >= key.range.least && value <= key.range.most;
}

/// What a bare number where a unit is required was probably meant to be: in the default's unit, or
/// a size in bytes.
std::optional<std::string> with_unit(std::string_view text, const Key& key) {
    const auto number = parse_number(text);
    const auto* value = std::get_if<std::uint64_t>(&number);
    const auto unit = key.fallback.find_last_of("0123456789") + 1;
    if (value == nullptr || unit >= key.fallback.size()) {
        return std::nullopt;
    }
    const auto candidate = fmt::format("{}{}", text, key.fallback.substr(unit));
    const auto quantity = parse_by_kind(candidate, key);
    if (const auto* meant = std::get_if<std::uint64_t>(&quantity);
        meant != nullptr && is_in_range(*meant, key)) {
        return candidate;
    }
    if (key.kind == Kind::kSize && is_in_range(*value, key) && *value % 1024 == 0) {
        return size_text(*value);
    }
    return std::nullopt;
}

}  // namespace

Parsed<std::string> text_value(std::string_view text, const Key& key) {
    require_kind(key,
                 {Kind::kName, Kind::kDevice, Kind::kArgument, Kind::kSocketPath, Kind::kListener});
    switch (key.kind) {
        case Kind::kDevice:
            return parse_device(text);
        case Kind::kArgument:
            return parse_eal_argument(text);
        case Kind::kSocketPath:
            return parse_socket_path(text);
        case Kind::kListener:
            return parse_listener(text);
        default:
            return parse_name(text);
    }
}

Parsed<std::uint64_t> number_value(std::string_view text, const Key& key, std::uint64_t step) {
    require_kind(key, {Kind::kNumber, Kind::kCount, Kind::kSize, Kind::kDuration, Kind::kRate});
    auto parsed = parse_by_kind(text, key);
    if (auto* problem = std::get_if<Problem>(&parsed)) {
        if (!problem->suggestion) {
            problem->suggestion = with_unit(text, key);
        }
        return parsed;
    }
    const std::uint64_t value = std::get<std::uint64_t>(parsed);
    if (value < key.range.least) {
        return Problem{in_quotes(text) + " is too small", {}};
    }
    if (value > key.range.most) {
        return Problem{in_quotes(text) + " is too large", {}};
    }
    if (value % step != 0) {
        return Problem{fmt::format("{} is finer than {}", in_quotes(text), duration_text(step)),
                       {}};
    }
    return value;
}

Parsed<std::size_t> word_value(std::string_view text, const Key& key) {
    require_kind(key, {Kind::kWord});
    const auto word = std::ranges::find(key.words, text);
    if (word == key.words.end()) {
        return Problem{"found " + in_quotes(text), nearest(text, key.words)};
    }
    return static_cast<std::size_t>(word - key.words.begin());
}

Parsed<bool> boolean_value(std::string_view text, const Key& key) {
    require_kind(key, {Kind::kBoolean});
    if (text == "true" || text == "false") {
        return text == "true";
    }
    // What YAML 1.1 took for a boolean, and what people write.
    static constexpr std::string_view kYes[] = {"yes", "Yes", "on", "On", "True", "TRUE", "1"};
    static constexpr std::string_view kNo[] = {"no", "No", "off", "Off", "False", "FALSE", "0"};
    Problem problem{"found " + in_quotes(text), {}};
    if (std::ranges::find(kYes, text) != std::end(kYes)) {
        problem.suggestion = "true";
    } else if (std::ranges::find(kNo, text) != std::end(kNo)) {
        problem.suggestion = "false";
    }
    return problem;
}

Parsed<Secret> secret_value(std::string_view text, const Key& key) {
    require_kind(key, {Kind::kSecret});
    return parse_secret(text);
}

Parsed<Range> range_value(std::string_view text, const Key& key) {
    require_kind(key, {Kind::kCores, Kind::kPorts});
    return parse_number_range(text, key.range);
}

Parsed<wire::Prefix> prefix_value(std::string_view text, const Key& key) {
    require_kind(key, {Kind::kPrefix});
    return parse_prefix(text);
}

}  // namespace synward::config
