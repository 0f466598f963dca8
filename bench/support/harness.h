// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace synward::bench {

/// What the benchmark programs have in common: the same few options, and figures that are medians
/// of five repetitions unless asked otherwise. `--json FILE` writes them as Google Benchmark does.
class Harness {
  public:
    explicit Harness(const std::string& title);

    /// For options of the program's own, before parse().
    CLI::App& options() { return app_; }
    /// Ends the process where the command line is wrong or only asks for help.
    void parse(int argc, char** argv);
    /// Runs what has been registered; the program's exit status.
    int run();

  private:
    CLI::App app_;
    std::string json_;
    std::string filter_;
    unsigned repetitions_ = 5;
    double seconds_ = 0.1;
    bool lists_ = false;
};

/// Cycles since it was made, in which this thread ran: what others take of the core does not
/// count. Of the time stamp counter; reported as the counter "cycles" for each of the items, with
/// "bytes" beside it where each has a size.
class CycleCount {
  public:
    CycleCount();
    void report(benchmark::State& state, std::uint64_t items_each_time, double bytes = 0) const;

  private:
    double start_;  ///< seconds of the thread
};

}  // namespace synward::bench
