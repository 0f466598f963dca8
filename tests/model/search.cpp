// SPDX-License-Identifier: BSD-3-Clause
#include "search.h"

#include <memory>

#include "visited.h"

namespace synward::model {
namespace {

class Explorer {
  public:
    Explorer(const Scenario& scenario, unsigned segments, unsigned settle_every,
             std::uint64_t most_states)
        : scenario_{scenario},
          segments_{segments},
          settle_every_{settle_every},
          most_states_{most_states},
          world_{scenario} {}

    Explored run() {
        visit(0);
        result_.states = visited_.size();
        result_.reasons = world_.reasons();
        return std::move(result_);
    }

  private:
    struct Level {
        World::Point point;
        std::vector<Choice> choices;
    };

    bool is_over() const {
        return result_.counterexample.has_value() || visited_.size() >= most_states_;
    }

    /// The world is in a state that is new.
    void visit(unsigned depth) {
        if (depth == levels_.size()) {
            levels_.push_back(std::make_unique<Level>());
        }
        Level& level = *levels_[depth];
        const std::uint64_t hash = world_.hash();
        if (!visited_.insert(hash)) {
            return;
        }
        world_.save(level.point);
        if (settle_every_ != 0 && hash % settle_every_ == 0) {
            ++result_.settled;
            const bool loses = (hash / settle_every_) % 2 == 0;
            world_.settle(loses);
            if (!world_.failure().empty()) {
                return found(true, loses);
            }
            world_.restore(level.point);
        }
        world_.list_choices(level.choices);
        bool is_there = true;
        for (std::size_t number = 0; number < level.choices.size() && !is_over(); ++number) {
            if (!is_there) {
                world_.restore(level.point);
            }
            const Choice choice = level.choices[number];
            if (!world_.apply(choice)) {
                is_there = false;
                continue;
            }
            is_there = false;
            ++result_.transitions;
            history_.push_back(choice);
            if (!world_.failure().empty()) {
                return found(false, false);
            }
            if (world_.emitted() <= segments_) {
                visit(depth + 1);
            }
            history_.pop_back();
        }
    }

    void found(bool settles, bool loses) {
        result_.counterexample = {scenario_, history_, settles, loses, world_.failure()};
    }

    const Scenario scenario_;
    const unsigned segments_;
    const unsigned settle_every_;
    const std::uint64_t most_states_;
    World world_;
    Visited visited_;
    std::vector<std::unique_ptr<Level>> levels_;
    History history_;
    Explored result_;
};

}  // namespace

Explored explore(const Scenario& scenario, unsigned segments, unsigned settle_every,
                 std::uint64_t most_states) {
    return Explorer{scenario, segments, settle_every, most_states}.run();
}

}  // namespace synward::model
