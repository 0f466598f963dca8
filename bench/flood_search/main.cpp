// SPDX-License-Identifier: BSD-3-Clause
//
// The highest rate of SYNs of which a box answers every one, by halving as RFC 2544 section 26.1
// has it, and how long its answers take at half and at nine tenths of it. flood_search.py starts
// the box at the other end and runs this.
#include <rte_cycles.h>
#include <rte_eal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flood_search/trial.h"

namespace synward::bench {
namespace {

struct Options {
    std::string device;
    unsigned core = 0;
    unsigned services = 1000;
    double highest = 20e6;  ///< SYNs a second, beyond which nobody looks
    double lowest = 10e3;
    double seconds = 1;  ///< of each trial
    double precision = 0.02;
};

void start_eal(const Options& options) {
    std::vector<std::string> words{"flood_search",
                                   "--no-huge",
                                   "--no-shconf",
                                   "--no-pci",
                                   "--no-telemetry",
                                   "--log-level=*:error",
                                   "-m",
                                   "256",
                                   "-l",
                                   std::to_string(options.core),
                                   "--vdev",
                                   options.device};
    std::vector<char*> arguments;
    arguments.reserve(words.size());
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
        throw std::runtime_error("DPDK does not start");
    }
}

double microseconds(double cycles) {
    return cycles * 1e6 / static_cast<double>(rte_get_tsc_hz());
}

nlohmann::ordered_json as_json(const Trial& trial) {
    return {{"offered", trial.offered},
            {"rate", trial.rate()},
            {"sent", trial.sent},
            {"refused", trial.refused},
            {"answered", trial.answered},
            {"generator_too_slow", trial.generator_too_slow},
            {"p50_us", microseconds(trial.delays.quantile(0.5))},
            {"p99_us", microseconds(trial.delays.quantile(0.99))},
            {"p999_us", microseconds(trial.delays.quantile(0.999))}};
}

bool passes(const Trial& trial) {
    return trial.lossless() && !trial.generator_too_slow;
}

nlohmann::ordered_json search(Generator& generator, const Options& options) {
    nlohmann::ordered_json result;
    const auto attempt = [&](double rate) {
        const Trial trial = generator.run(rate, options.seconds);
        result["trials"].push_back(as_json(trial));
        std::fprintf(stderr, "%10.0f/s: %llu sent, %llu refused, %llu answered%s\n", rate,
                     static_cast<unsigned long long>(trial.sent),
                     static_cast<unsigned long long>(trial.refused),
                     static_cast<unsigned long long>(trial.answered),
                     trial.generator_too_slow ? ", generator too slow" : "");
        return trial;
    };
    generator.run(options.lowest, options.seconds / 2);  // what happens once only
    double good = 0;
    double bad = options.highest;
    bool by_generator = false;
    // A rate at which the generator itself is the limit is no more the box's than a lossy one.
    while (bad - good > options.precision * bad && bad > options.lowest) {
        const double middle = good == 0 ? bad / 2 : (good + bad) / 2;
        Trial trial = attempt(middle);
        // Once more: an interrupt of the machine's own is not the box's.
        if (!passes(trial)) {
            trial = attempt(middle);
        }
        (passes(trial) ? good : bad) = middle;
        by_generator = passes(trial) ? by_generator : trial.lossless();
    }
    result["highest_lossless_rate"] = good;
    result["limited_by_generator"] = by_generator;
    for (const int percent : {50, 90}) {
        if (good != 0) {
            result["at_" + std::to_string(percent) + "_percent"] =
                as_json(attempt(good * percent / 100));
        }
    }
    return result;
}

}  // namespace
}  // namespace synward::bench

int main(int argc, char** argv) {
    using namespace synward::bench;
    Options options;
    CLI::App app{"The highest rate of SYNs without loss, and the delay of answers"};
    app.add_option("--port", options.device, "DPDK device, such as net_memif0,role=client,...")
        ->required();
    app.add_option("--core", options.core, "CPU to run on")->capture_default_str();
    app.add_option("--services", options.services, "as in the box's policy")->capture_default_str();
    app.add_option("--seconds", options.seconds, "of each trial")->capture_default_str();
    app.add_option("--highest", options.highest, "SYNs a second to begin below")
        ->capture_default_str();
    app.add_option("--precision", options.precision, "part of the rate at which to end")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        start_eal(options);
        Generator generator{options.device.substr(0, options.device.find(',')), options.services};
        if (!generator.await_link(20)) {
            throw std::runtime_error("nobody at the other end");
        }
        std::puts(search(generator, options).dump(1).c_str());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "flood_search: %s\n", error.what());
        return 1;
    }
}
