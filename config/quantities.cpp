// SPDX-License-Identifier: BSD-3-Clause
// Numbers with and without units.
#include <fmt/format.h>

#include <charconv>
#include <span>
#include <vector>

#include "config/values.h"
#include "config/wording.h"

namespace synward::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
// Largest first.
constexpr Unit kCountUnits[] = {{"Mi", 1 << 20}, {"Ki", 1 << 10}, {"", 1}};
constexpr Unit kSizeUnits[] = {
    {"TiB", 1ULL << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}};
constexpr Unit kDurationUnits[] = {
    {"h", 3'600'000'000}, {"min", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}};
constexpr Unit kRateUnits[] = {{"Mi/s", 1 << 20}, {"Ki/s", 1 << 10}, {"/s", 1}};

// What else people write, and what they mean by it.
struct Alias {
    std::string_view written;
    std::string_view meant;
};
constexpr Alias kAliases[] = {
    {"k", "Ki"},       {"K", "Ki"},     {"ki", "Ki"},    {"M", "Mi"},        {"mi", "Mi"},
    {"KB", "KiB"},     {"kB", "KiB"},   {"kiB", "KiB"},  {"MB", "MiB"},      {"GB", "GiB"},
    {"TB", "TiB"},     {"Ki", "KiB"},   {"Mi", "MiB"},   {"K", "KiB"},       {"k", "KiB"},
    {"M", "MiB"},      {"G", "GiB"},    {"Gi", "GiB"},   {"T", "TiB"},       {"m", "min"},
    {"mins", "min"},   {"sec", "s"},    {"secs", "s"},   {"minutes", "min"}, {"seconds", "s"},
    {"hours", "h"},    {"hr", "h"},     {"msec", "ms"},  {"usec", "us"},     {"\u00b5s", "us"},
    {"S", "s"},        {"H", "h"},      {"MS", "ms"},    {"MIN", "min"},     {"/sec", "/s"},
    {"/second", "/s"}, {"k/s", "Ki/s"}, {"K/s", "Ki/s"}, {"M/s", "Mi/s"}};

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// A run of digits and the run of other characters after it.
struct Term {
    std::string_view digits;
    std::string_view suffix;
};

/// Takes the first term off `text`.
Term take_term(std::string_view& text) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) {
        ++digits;
    }
    std::size_t end = digits;
    while (end < text.size() && !is_digit(text[end])) {
        ++end;
    }
    const Term term{text.substr(0, digits), text.substr(digits, end - digits)};
    text.remove_prefix(end);
    return term;
}

Problem not_a(std::string_view kind, std::string_view text) {
    if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) {
        return {in_quotes(text) + " is negative", {}};
    }
    return {fmt::format("{} is not a {}", in_quotes(text), kind), {}};
}

Problem too_large(std::string_view text) {
    return {in_quotes(text) + " is too large", {}};
}

/// The digits of one term; `whole` and `rest` (what follows the digits) are for the message.
Parsed<std::uint64_t> digits_value(std::string_view digits, std::string_view whole,
                                   std::string_view rest) {
    if (digits.size() > 1 && digits[0] == '0') {
        const auto significant = digits.find_first_not_of('0');
        const auto decimal =
            significant == std::string_view::npos ? "0" : digits.substr(significant);
        return Problem{in_quotes(whole) + " has a leading zero",
                       fmt::format("{}{}", decimal, rest)};
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{}) {
        return too_large(whole);
    }
    return value;
}

const Unit* find_unit(std::string_view name, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (unit.name == name) {
            return &unit;
        }
    }
    return nullptr;
}

Problem unknown_unit(std::string_view text, const Term& term, std::span<const Unit> units) {
    Problem problem{
        fmt::format("{} has the unknown unit {}", in_quotes(text), in_quotes(term.suffix)), {}};
    for (const auto& [written, meant] : kAliases) {
        if (written == term.suffix && find_unit(meant, units) != nullptr) {
            std::string corrected{text};
            corrected.replace(static_cast<std::size_t>(term.suffix.data() - text.data()),
                              term.suffix.size(), meant);
            problem.suggestion = corrected;
            break;
        }
    }
    return problem;
}

/// One or (`compound`) several terms with their units, larger units first.
Parsed<std::uint64_t> parse_quantity(std::string_view text, std::string_view kind,
                                     std::span<const Unit> units, bool compound) {
    std::uint64_t total = 0;
    std::string_view rest = text;
    const Unit* before = nullptr;
    do {
        const Term term = take_term(rest);
        const Unit* unit = find_unit(term.suffix, units);
        const bool starts_a_number = !term.digits.empty() && (rest.empty() || compound);
        if (!starts_a_number || term.suffix.find_first_of(" .,-+_'") != std::string_view::npos) {
            return not_a(kind, text);
        }
        const auto digits = digits_value(term.digits, text, text.substr(term.digits.size()));
        if (const auto* problem = std::get_if<Problem>(&digits)) {
            return before == nullptr ? *problem : Problem{problem->found, {}};
        }
        if (unit == nullptr) {
            return term.suffix.empty() ? Problem{in_quotes(text) + " has no unit", {}}
                                       : unknown_unit(text, term, units);
        }
        if (before != nullptr && before->factor <= unit->factor) {
            return not_a(kind, text);
        }
        std::uint64_t value = std::get<std::uint64_t>(digits);
        if (__builtin_mul_overflow(value, unit->factor, &value) ||
            __builtin_add_overflow(total, value, &total)) {
            return too_large(text);
        }
        before = unit;
    } while (!rest.empty());
    return total;
}

std::string quantity_text(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0) {
            return fmt::format("{}{}", value / unit.factor, unit.name);
        }
    }
    return fmt::format("{}{}", value, value == 0 ? units.back().name : "");
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return not_a("plain decimal number", text);
    }
    return digits_value(text, text, "");
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
    return parse_quantity(text, "count", kCountUnits, false);
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
    return parse_quantity(text, "size", kSizeUnits, false);
}

Parsed<std::uint64_t> parse_duration(std::string_view text) {
    return parse_quantity(text, "duration", kDurationUnits, true);
}

Parsed<std::uint64_t> parse_rate(std::string_view text) {
    return parse_quantity(text, "rate", kRateUnits, false);
}

Parsed<Range> parse_number_range(std::string_view text, const Range& limits) {
    const auto dash = text.find('-');
    const bool is_range = dash != std::string_view::npos && dash > 0;
    const auto first = parse_number(is_range ? text.substr(0, dash) : text);
    const auto last = is_range ? parse_number(text.substr(dash + 1)) : first;
    for (const auto* end : {&first, &last}) {
        if (const auto* problem = std::get_if<Problem>(end)) {
            return is_range ? not_a("range of numbers", text) : *problem;
        }
        const std::uint64_t value = std::get<std::uint64_t>(*end);
        if (value < limits.least || value > limits.most) {
            return Problem{fmt::format("{} is out of range", in_quotes(text)), {}};
        }
    }
    const Range range{std::get<std::uint64_t>(first), std::get<std::uint64_t>(last)};
    if (range.least > range.most) {
        return Problem{in_quotes(text) + " ends before it starts",
                       fmt::format("{}-{}", range.most, range.least)};
    }
    return range;
}

std::string count_text(std::uint64_t count) {
    return quantity_text(count, kCountUnits);
}
std::string size_text(std::uint64_t bytes) {
    return quantity_text(bytes, kSizeUnits);
}
std::string duration_text(std::uint64_t microseconds) {
    return quantity_text(microseconds, kDurationUnits);
}
std::string rate_text(std::uint64_t per_second) {
    return quantity_text(per_second, kRateUnits);
}

}  // namespace synward::config
