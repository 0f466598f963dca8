// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace synward::control::ctl {

/// "2 h 4 min", "12.3 s": two units at most.
std::string duration_text(double seconds);
/// "1,234,567".
std::string grouped(std::uint64_t number);
/// A number in four characters or so: "950", "12.3k", "4.56M".
std::string short_number(double number);

}  // namespace synward::control::ctl
