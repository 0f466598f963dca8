// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "world.h"

namespace synward::model {

/// A history after which something does not hold.
struct Counterexample {
    Scenario scenario;
    History history;
    bool settles = false;  ///< it does not hold once all has come to rest
    bool loses_what_is_under_way = false;
    std::string failure;
};

struct Explored {
    std::uint64_t states = 0;       ///< that differ
    std::uint64_t transitions = 0;  ///< choices tried
    std::uint64_t settled = 0;      ///< states from which all was brought to rest
    std::array<std::uint64_t, wire::kReasonCount> reasons{};
    std::optional<Counterexample> counterexample;
};

/// Every history of the scenario in which the two ends together send up to `segments` segments, in
/// every order in which the network can deliver, lose (a segment that stays under way for ever) and
/// repeat them, the users call and the timers expire.
///
/// Two histories that lead to one state are one from there on: a state is the two endpoints, the
/// flow, the pool and the credits, the segments under way (in no order, since any may be the next),
/// what may still happen, and what the rules know. So each state is visited once. Of the states one
/// in `settle_every` (by its hash) is brought to rest, with what is under way delivered or lost by
/// turns. Ends early with the first counterexample, or after `most_states`.
Explored explore(const Scenario& scenario, unsigned segments, unsigned settle_every,
                 std::uint64_t most_states = UINT64_MAX);

/// The n-th random history of a seed: a scenario and some tens of segments.
Scenario random_scenario(std::uint64_t seed);
struct RandomRun {
    std::uint64_t histories = 0;
    std::uint64_t segments = 0;
    std::array<std::uint64_t, wire::kReasonCount> reasons{};
    std::optional<Counterexample> counterexample;
};
RandomRun run_random(std::uint64_t first_seed, std::uint64_t count, std::uint64_t step = 1);

/// A shorter history that does not hold either: no single choice can be left out of it (ddmin).
Counterexample shrunk(const Counterexample& counterexample);

/// The ladder of the shrunk history.
std::string explain(const Counterexample& counterexample);

}  // namespace synward::model
