// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/machine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

namespace synward::control {
namespace {

std::optional<unsigned> number_in(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

std::filesystem::path Machine::path(std::string_view name) const {
    name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
    return root_ / name;
}

std::optional<std::string> Machine::text(const std::string& file) const {
    std::ifstream stream{path(file)};
    if (!stream) {
        return std::nullopt;
    }
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    if (stream.bad()) {
        return std::nullopt;
    }
    text.erase(std::min(text.find_last_not_of('\n') + 1, text.size()));
    return text;
}

std::optional<std::int64_t> Machine::number(const std::string& file) const {
    const auto found = text(file);
    std::int64_t number = 0;
    if (!found ||
        std::from_chars(found->data(), found->data() + found->size(), number).ec != std::errc{}) {
        return std::nullopt;
    }
    return number;
}

std::vector<unsigned> Machine::numbers(const std::string& file) const {
    return numbers_in(text(file).value_or(""));
}

std::vector<std::string> Machine::names(const std::string& folder) const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{path(folder), error}) {
        names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<std::string> Machine::link(const std::string& place) const {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(path(place), error);
    if (error) {
        return std::nullopt;
    }
    return target.filename();
}

bool Machine::exists(const std::string& place) const {
    std::error_code error;
    return std::filesystem::exists(path(place), error);
}

std::vector<unsigned> numbers_in(std::string_view list) {
    std::vector<unsigned> numbers;
    while (!list.empty()) {
        const std::string_view part = list.substr(0, list.find(','));
        list.remove_prefix(std::min(part.size() + 1, list.size()));
        const auto dash = part.find('-');
        const auto first = number_in(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number_in(part.substr(dash + 1));
        for (unsigned number = first.value_or(1); first && last && number <= *last; ++number) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::string list_of(std::vector<unsigned> numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::string list;
    for (std::size_t first = 0; first < numbers.size();) {
        std::size_t last = first;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        list += (list.empty() ? "" : ",") + std::to_string(numbers[first]);
        if (last > first) {
            list += "-" + std::to_string(numbers[last]);
        }
        first = last + 1;
    }
    return list;
}

}  // namespace synward::control
