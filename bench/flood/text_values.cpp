// SPDX-License-Identifier: BSD-3-Clause
#include "flood/text_values.h"

#include <charconv>
#include <cmath>
#include <regex>
#include <span>
#include <system_error>

namespace synward::flood {
namespace {

template <typename Number, typename... Base>
std::optional<Number> parse_number(std::string_view text, Base... base) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base...);
    if (error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return number;
}

struct Unit {
    std::string_view suffix;
    double factor;
};

/// A finite number that is not negative, with one of `units` behind it; without a suffix it counts
/// ones. Of two suffixes that fit, the longer stands first.
std::optional<double> parse_with_unit(std::string_view text, std::span<const Unit> units) {
    double factor = 1;
    for (const Unit& unit : units) {
        if (text.ends_with(unit.suffix)) {
            factor = unit.factor;
            text.remove_suffix(unit.suffix.size());
            break;
        }
    }
    const std::optional<double> number = parse_number<double>(text);
    if (!number || !std::isfinite(*number) || *number < 0) {
        return std::nullopt;
    }
    return *number * factor;
}

std::optional<PortRange> parse_port_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = parse_number<std::uint16_t>(text.substr(0, dash));
    const auto last =
        dash == text.npos ? first : parse_number<std::uint16_t>(text.substr(dash + 1));
    if (!first || !last || *first == 0 || *last < *first) {
        return std::nullopt;
    }
    return PortRange{*first, *last};
}

}  // namespace

std::optional<double> parse_rate(std::string_view text) {
    static constexpr Unit kUnits[] = {{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}};
    const std::optional<double> rate = parse_with_unit(text, kUnits);
    constexpr double kMaximum = 1e12;
    return rate && *rate <= kMaximum ? rate : std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    static constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    const std::optional<double> seconds = parse_with_unit(text, kUnits);
    constexpr double kMaximum = 1e9;
    if (!seconds || *seconds <= 0 || *seconds > kMaximum) {
        return std::nullopt;
    }
    return std::chrono::nanoseconds{std::llround(*seconds * 1e9)};
}

std::optional<std::vector<PortRange>> parse_port_ranges(std::string_view text) {
    std::vector<PortRange> ranges;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::optional<PortRange> range = parse_port_range(text.substr(0, comma));
        if (!range) {
            return std::nullopt;
        }
        ranges.push_back(*range);
        if (comma == text.npos) {
            return ranges;
        }
        text.remove_prefix(comma + 1);
    }
}

std::optional<MacAddress> parse_unicast_mac(std::string_view text) {
    constexpr std::size_t kLength = 17;
    constexpr unsigned kGroupBit = 1;
    if (text.size() != kLength) {
        return std::nullopt;
    }
    MacAddress mac{};
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const auto byte = parse_number<std::uint8_t>(text.substr(3 * i, 2), 16);
        if (!byte || (i > 0 && text[3 * i - 1] != ':')) {
            return std::nullopt;
        }
        mac[i] = *byte;
    }
    return (mac[0] & kGroupBit) == 0 ? std::optional{mac} : std::nullopt;
}

bool is_pci_address(std::string_view device) {
    static const std::regex kPci{"(pci:)?([0-9a-f]{1,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7](,.*)?",
                                 std::regex::icase};
    return std::regex_match(device.begin(), device.end(), kPci);
}

}  // namespace synward::flood
