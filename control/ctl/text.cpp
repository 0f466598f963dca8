// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace synward::control::ctl {

std::string duration_text(double seconds) {
    if (seconds < 0) {
        return "-" + duration_text(-seconds);
    }
    if (seconds < 60) {
        return fmt::format("{:.1f} s", seconds);
    }
    const auto whole = static_cast<std::uint64_t>(seconds);
    if (whole < 3600) {
        return fmt::format("{} min {} s", whole / 60, whole % 60);
    }
    if (whole < 86'400) {
        return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
    }
    return fmt::format("{} d {} h", whole / 86'400, whole / 3600 % 24);
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), 1, ',');
    }
    return text;
}

std::string short_number(double number) {
    constexpr std::array<std::string_view, 5> kUnits{"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    while (number >= 999.5 && unit + 1 < kUnits.size()) {
        number /= 1000;
        ++unit;
    }
    const int digits = unit == 0 ? 0 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f}{}", number, digits, kUnits.at(unit));
}

std::uint64_t value_of(const nlohmann::ordered_json& object, std::string_view name) {
    const auto found = object.find(name);
    return found == object.end() ? 0 : found->get<std::uint64_t>();
}

}  // namespace synward::control::ctl
