// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace synward::lab {

/// The smallest time that `part` (0 to 1) of all `tries` did not exceed; `sorted` are the times of
/// those that succeeded. Nothing where the rank lies among those that did not.
inline std::optional<double> percentile(std::span<const double> sorted, std::uint64_t tries,
                                        double part) {
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(tries)));
    const std::size_t place = rank == 0 ? 0 : rank - 1;
    if (place >= sorted.size()) {
        return std::nullopt;
    }
    return sorted[place];
}

}  // namespace synward::lab
