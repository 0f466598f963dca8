// SPDX-License-Identifier: BSD-3-Clause
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <variant>

#include "flood/capture.h"
#include "flood/eal.h"
#include "flood/options.h"
#include "flood/port.h"
#include "flood/report.h"
#include "flood/sender.h"

namespace {

using namespace synward::flood;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested.store(true, std::memory_order_relaxed); };
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

Report run(const Options& options) {
    if (!options.write.empty()) {
        return write_capture(options, stop_requested);
    }
    const Eal eal{eal_arguments(options)};
    Port port{options.port};
    return send_flood(port, options, stop_requested);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = parse_command_line(argc, argv);
        if (const int* status = std::get_if<int>(&parsed)) {
            return *status;
        }
        const auto& options = std::get<Options>(parsed);
        stop_on_signals();
        const Report report = run(options);
        std::cout << (options.json ? as_json(report) : as_text(report)) << std::flush;
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "synward-flood: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
