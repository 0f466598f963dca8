// SPDX-License-Identifier: BSD-3-Clause
//
// The worker loop, whole: what a packet of each kind costs between two ring devices, beside the
// floor, which is the same packets over the same devices merely forwarded. Each figure checks by
// the box's own counters that the packets had the fate that it speaks of. The counter "cycles" is
// of the time stamp counter, for each packet and core.
//
//     path_bench [--flows 1048576] [--services 1000] [--workers 1] [--json path.json]
#include <algorithm>
#include <memory>
#include <string>

#include "path/figures.h"
#include "support/harness.h"

namespace synward::bench {
namespace {

Sizes sizes;

/// Boxes of different policies do not share the process's memory at one time.
Box& box_with(defense::Challenge challenge) {
    static std::unique_ptr<Box> box;
    static defense::Challenge current{};
    if (!box || current != challenge) {
        box.reset();
        box = std::make_unique<Box>(sizes, challenge);
        current = challenge;
    }
    return *box;
}

void measure(benchmark::State& state, const Figure& figure) {
    Box& box = box_with(figure.challenge);
    Cost sum;
    for (auto _ : state) {
        const auto cost = run_round(box, figure);
        if (!cost) {
            state.SkipWithError(("another fate: " + box.fates()).c_str());
            return;
        }
        state.SetIterationTime(static_cast<double>(cost->cycles) / Stopwatch::hertz());
        sum.cycles += cost->cycles;
        sum.packets += cost->packets;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(sum.packets));
    state.counters["cycles"] =
        static_cast<double>(sum.cycles) * sizes.workers / static_cast<double>(sum.packets);
}

}  // namespace
}  // namespace synward::bench

int main(int argc, char** argv) {
    using namespace synward::bench;
    Harness harness{"What a packet of each kind costs in the worker loop"};
    harness.options()
        .add_option("--flows", sizes.flows, "connections resident")
        ->capture_default_str();
    harness.options()
        .add_option("--services", sizes.services, "services in the policy")
        ->check(CLI::Range(1, 65'000))
        ->capture_default_str();
    harness.options()
        .add_option("--workers", sizes.workers, "each on its own core")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    unsigned first_core = 0;
    harness.options()
        .add_option("--core", first_core, "the first worker's; the others' follow")
        ->capture_default_str();
    bool small_pages = false;
    harness.options().add_flag("--small-pages", small_pages,
                               "no huge pages, even where some are free");
    harness.parse(argc, argv);
    sizes.flows = std::min(sizes.flows, Box::kMostFlows);
    const bool huge =
        start_eal(Box::required_megabytes(sizes, false), sizes.workers, small_pages, first_core);
    benchmark::AddCustomContext("pages", huge ? "2 MiB" : "4 KiB");
    benchmark::AddCustomContext("flows", std::to_string(sizes.flows));
    benchmark::AddCustomContext("services", std::to_string(sizes.services));
    benchmark::AddCustomContext("workers", std::to_string(sizes.workers));
    for (const Figure& figure : all_figures()) {
        benchmark::RegisterBenchmark(figure.name.c_str(),
                                     [=](benchmark::State& state) { measure(state, figure); })
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
    }
    return harness.run();
}
