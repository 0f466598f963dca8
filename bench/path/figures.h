// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "path/box.h"

namespace synward::bench {

/// Packets that come at one time, and the fate that every one of them must meet.
struct Step {
    std::function<void(Box&)> inject;
    std::vector<wire::Reason> expected;  ///< nothing: any, as where no box decides
};

/// One kind of traffic and what is measured of it, round after round.
struct Figure {
    enum class Subject : std::uint8_t { kBox, kFloor, kFloorThatTouches };

    std::string name;
    defense::Challenge challenge;
    std::vector<Step> steps;  ///< measured, in this order
    /// Unmeasured, before the steps and behind them.
    std::function<void(Box&)> prepare = [](Box&) {};
    std::function<void(Box&)> clean = [](Box&) {};
    Subject subject = Subject::kBox;
};

/// All figures, those of one challenge in a row: boxes of two policies do not live at one time.
std::vector<Figure> all_figures();

struct Cost {
    std::uint64_t cycles = 0;
    std::uint64_t packets = 0;  ///< that came before the box
};

/// One round. Nothing where packets met another fate: the figure would not be what it says.
std::optional<Cost> run_round(Box& box, const Figure& figure);

}  // namespace synward::bench
