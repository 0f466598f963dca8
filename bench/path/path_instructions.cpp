// SPDX-License-Identifier: BSD-3-Clause
//
// One round of each of path_bench's figures, for callgrind to count its instructions, which it
// leaves in a part of its own for each figure. count_instructions.py runs this.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "path/figures.h"

int main() {
    using namespace synward::bench;
    constexpr Sizes kSizes{.flows = 8192, .services = 1000, .repeatable = true};
    // Not in huge pages, where there are some: valgrind has no room for DPDK's map of them.
    start_eal(Box::required_megabytes(kSizes, false), 1, true);
    std::unique_ptr<Box> box;
    synward::defense::Challenge current{};
    for (const Figure& figure : all_figures()) {
        if (!box || current != figure.challenge) {
            box.reset();
            box = std::make_unique<Box>(kSizes, figure.challenge);
            current = figure.challenge;
        }
        run_round(*box, figure);  // what happens once only
        CALLGRIND_ZERO_STATS;
        const auto cost = run_round(*box, figure);
        if (!cost) {
            std::fprintf(stderr, "%s: another fate: %s\n", figure.name.c_str(),
                         box->fates().c_str());
            return EXIT_FAILURE;
        }
        // It must outlive the request's own statement.
        const std::string name = figure.name + ' ' + std::to_string(cost->packets);
        CALLGRIND_DUMP_STATS_AT(name.c_str());
    }
    return EXIT_SUCCESS;
}
