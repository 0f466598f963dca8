// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "control/eal.h"
#include "control/explain/capture_file.h"
#include "control/explain/ladder.h"

namespace synward::control::explain {

std::uint32_t longest_frame_of(const std::string& path) {
    CaptureFile file{path};
    std::uint32_t longest = 0;
    while (const auto frame = file.next()) {
        longest = std::max(longest, frame->length);
    }
    return longest;
}

Outcome explain(const config::Configuration& configuration, const std::string& path,
                const Choices& choices, std::uint32_t longest_frame) {
    CaptureFile file{path};
    std::optional<CapturedFrame> frame = file.next();
    if (!frame) {
        throw std::runtime_error{path + ": there is no frame in it"};
    }
    const std::chrono::nanoseconds start = frame->time;
    Replay replay{configuration, longest_frame, start};
    Explanation explanation{configuration, choices, replay, start};
    for (; frame; frame = file.next()) {
        explanation.take(std::move(*frame));
    }
    Outcome outcome = explanation.finish();
    if (!replay.every_packet_is_accounted_for()) {
        throw std::runtime_error{"a packet is unaccounted for; please report this capture"};
    }
    return outcome;
}

int run(const config::Configuration& configuration, const std::string& path, const Choices& choices,
        bool as_json) {
    const std::uint32_t longest = longest_frame_of(path);
    const Eal eal{Replay::eal_arguments(configuration, longest)};
    const Outcome outcome = explain(configuration, path, choices, longest);
    fmt::print("{}", as_json ? json_of(outcome) : ladders_of(outcome));
    return 0;
}

}  // namespace synward::control::explain
