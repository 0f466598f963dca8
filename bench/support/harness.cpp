// SPDX-License-Identifier: BSD-3-Clause
#include "support/harness.h"

#include <time.h>
#include <x86intrin.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace synward::bench {
namespace {

double thread_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// The time stamp counter's, by the wall clock.
double hertz() {
    static const double value = [] {
        using std::chrono::steady_clock;
        const auto start = steady_clock::now();
        const std::uint64_t cycles = __rdtsc();
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        const std::uint64_t passed = __rdtsc() - cycles;
        return static_cast<double>(passed) /
               std::chrono::duration<double>(steady_clock::now() - start).count();
    }();
    return value;
}

}  // namespace

Harness::Harness(const std::string& title) : app_{title} {
    app_.add_option("--json", json_, "write the figures to this file, as JSON");
    app_.add_option("--filter", filter_, "only what this regular expression finds");
    app_.add_option("--repetitions", repetitions_, "of each figure; the median counts")
        ->capture_default_str();
    app_.add_option("--seconds", seconds_, "for each repetition, at least")->capture_default_str();
    app_.add_flag("--list", lists_, "only name the figures");
}

void Harness::parse(int argc, char** argv) {
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app_.exit(error));
    }
    benchmark::AddCustomContext("cpu", SYNWARD_CPU);
}

int Harness::run() {
    std::vector<std::string> words{
        app_.get_name(), "--benchmark_repetitions=" + std::to_string(repetitions_),
        "--benchmark_min_time=" + std::to_string(seconds_), "--benchmark_counters_tabular=true"};
    if (repetitions_ > 1) {
        words.emplace_back("--benchmark_report_aggregates_only=true");
    }
    if (!json_.empty()) {
        words.push_back("--benchmark_out=" + json_);
    }
    if (!filter_.empty()) {
        words.push_back("--benchmark_filter=" + filter_);
    }
    if (lists_) {
        words.emplace_back("--benchmark_list_tests=true");
    }
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    return benchmark::RunSpecifiedBenchmarks() == 0 && !lists_ ? EXIT_FAILURE : EXIT_SUCCESS;
}

CycleCount::CycleCount() : start_{thread_seconds()} {}

void CycleCount::report(benchmark::State& state, std::uint64_t items_each_time,
                        double bytes) const {
    const double cycles = (thread_seconds() - start_) * hertz();
    const auto items = static_cast<std::uint64_t>(state.iterations()) * items_each_time;
    state.counters["cycles"] = cycles / static_cast<double>(items);
    if (bytes != 0) {
        state.counters["bytes"] = bytes;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(items));
}

}  // namespace synward::bench
