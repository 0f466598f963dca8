// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace synward::control::ctl {

/// "2 h 4 min", "12.3 s": two units at most.
std::string duration_text(double seconds);
/// "1,234,567".
std::string grouped(std::uint64_t number);
/// A number in four characters or so: "950", "12.3k", "4.56M".
std::string short_number(double number);

/// The member of a daemon's answer that is a count; zero where there is none, as an older daemon's.
std::uint64_t value_of(const nlohmann::ordered_json& object, std::string_view name);

}  // namespace synward::control::ctl
