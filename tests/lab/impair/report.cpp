// SPDX-License-Identifier: BSD-3-Clause
#include "impair/report.h"

#include <nlohmann/json.hpp>

namespace synward::impair {
namespace {

nlohmann::ordered_json as_object(const Counts& counts) {
    return {{"seen", counts.seen},
            {"lost", counts.lost},
            {"lost_third_segments", counts.lost_third_segments},
            {"overflowed", counts.overflowed},
            {"duplicated", counts.duplicated},
            {"corrupted", counts.corrupted},
            {"held_back", counts.held_back},
            {"overtaken", counts.overtaken},
            {"sent", counts.sent},
            {"refused", counts.refused},
            {"left", counts.left},
            {"missed", counts.missed},
            {"late_us", {{"mean", counts.late_us_mean}, {"max", counts.late_us_max}}}};
}

}  // namespace

std::string as_json(const Counts& to_right, const Counts& to_left) {
    const nlohmann::ordered_json report{{"to_right", as_object(to_right)},
                                        {"to_left", as_object(to_left)}};
    return report.dump() + '\n';
}

}  // namespace synward::impair
