// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "world.h"

namespace synward::model {

/// A history as a ladder diagram: time, the client and its state, the arrows to and from the box
/// with what it decided, the server and its state. Numbers count from each end's ISN, in the
/// numbering of the side on which the arrow lies.
class Log {
  public:
    void begin(const World& world, Choice choice);
    /// What began last did not happen.
    void take_back() { text_.resize(begun_at_); }
    void sends(const World& world, Side side, const Segment& segment);
    void crosses(const World& world, Side from, const Segment& segment, Middle& box);
    void departs(const World& world, Side to, const Segment& segment);
    void arrives(const World& world, Side to, const Segment& segment, Treatment treatment);
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void line(const World& world, const std::string& outside, const std::string& box,
              const std::string& inside);
    static std::string arrow(const World& world, Side from, const Segment& segment,
                             bool on_outside);

    std::string text_;
    std::size_t begun_at_ = 0;
};

/// Plays the history once more and writes it down, with what did not hold at its end.
std::string ladder(const Scenario& scenario, const History& history, bool settles,
                   bool loses_what_is_under_way);

std::string describe(const Scenario& scenario);

}  // namespace synward::model
