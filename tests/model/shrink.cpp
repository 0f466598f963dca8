// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "ladder.h"
#include "search.h"

namespace synward::model {
namespace {

/// Whether something does not hold after these choices, and how far they had to go for it.
bool fails(Counterexample& counterexample) {
    World world{counterexample.scenario};
    for (std::size_t done = 0; done < counterexample.history.size(); ++done) {
        world.apply(counterexample.history[done]);
        if (!world.failure().empty()) {
            counterexample.history.resize(done + 1);
            counterexample.settles = false;
            counterexample.failure = world.failure();
            return true;
        }
    }
    if (!counterexample.settles) {
        return false;
    }
    world.settle(counterexample.loses_what_is_under_way);
    counterexample.failure = world.failure();
    return !world.failure().empty();
}

}  // namespace

Counterexample shrunk(const Counterexample& counterexample) {
    Counterexample best = counterexample;
    if (!fails(best)) {
        return counterexample;
    }
    // Delta debugging: leave out pieces, from halves to single choices. A choice that names the
    // n-th segment under way may mean another one then, or nothing; all that counts is that it
    // fails.
    for (std::size_t piece = std::max<std::size_t>(best.history.size() / 2, 1);;) {
        bool is_shorter = false;
        for (std::size_t begin = 0; begin < best.history.size();) {
            Counterexample attempt = best;
            const auto first = attempt.history.begin() + static_cast<std::ptrdiff_t>(begin);
            attempt.history.erase(first, first + static_cast<std::ptrdiff_t>(
                                                     std::min(piece, best.history.size() - begin)));
            if (fails(attempt)) {
                best = std::move(attempt);
                is_shorter = true;
            } else {
                begin += piece;
            }
        }
        // A segment that is delivered instead of lost or repeated, an earlier one instead.
        for (std::size_t at = 0; piece == 1 && at < best.history.size(); ++at) {
            Choice& choice = best.history[at];
            if ((choice.what == What::kDeliver || choice.what == What::kDuplicate) &&
                (choice.which > 0 || choice.what == What::kDuplicate)) {
                Counterexample attempt = best;
                attempt.history[at] = {What::kDeliver, 0};
                if (fails(attempt)) {
                    best = std::move(attempt);
                    is_shorter = true;
                }
            }
        }
        if (!is_shorter && piece == 1) {
            return best;
        }
        piece = is_shorter ? std::min(piece, std::max<std::size_t>(best.history.size(), 1))
                           : (piece + 1) / 2;
    }
}

std::string explain(const Counterexample& counterexample) {
    const Counterexample best = shrunk(counterexample);
    return "\n" + best.failure + " (" + std::to_string(best.history.size()) + " of " +
           std::to_string(counterexample.history.size()) + " choices)\n" +
           ladder(best.scenario, best.history, best.settles, best.loses_what_is_under_way);
}

}  // namespace synward::model
