// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/top_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;

TopSample sample(double seconds, std::uint64_t received, unsigned workers, unsigned services) {
    TopSample sample;
    sample.status = {{"version", "1.2.3"},
                     {"seconds", seconds},
                     {"flows", 5},
                     {"flow_capacity", 1'048'576},
                     {"held", 0}};
    sample.counters = {{"seconds", seconds},
                       {"totals", {{"received", received}, {"dropped", received / 2}}},
                       {"counters", {{"in_connection", received}, {"ack_without_flow", 7}}}};
    sample.counters["workers"] = ordered_json::array();
    for (unsigned worker = 0; worker < workers; ++worker) {
        sample.status["workers"].push_back({{"core", worker + 2}});
        sample.counters["workers"].push_back({{"received", received}});
    }
    for (unsigned service = 0; service < services; ++service) {
        sample.services.push_back({{"service", "service-" + std::to_string(service)},
                                   {"challenge", "over-budget"},
                                   {"budget", 1000},
                                   {"budget_left", service == 3 ? 0 : 1000}});
    }
    return sample;
}

std::vector<std::string> lines_of(const std::string& screen) {
    std::vector<std::string> lines;
    std::istringstream text{screen};
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    return lines;
}

TEST(TopScreen, RatesAreThoseBetweenTheSamples) {
    const std::string screen = top_screen(sample(12, 5000, 1, 1), sample(10, 1000, 1, 1), 80, 23);
    EXPECT_THAT(screen, HasSubstr("received 2.00k"));
    EXPECT_THAT(screen, HasSubstr("dropped 1.00k"));
    EXPECT_THAT(screen, HasSubstr("in_connection"));
    EXPECT_THAT(screen, testing::Not(HasSubstr("ack_without_flow"))) << "it does not move";
}

TEST(TopScreen, FitsTheScreenWhateverThereIs) {
    for (const unsigned many : {0U, 1U, 64U}) {
        const std::string screen = top_screen(sample(12, 5'000'000'000'000, many, 10 * many),
                                              sample(10, 0, many, 10 * many), 80, 23);
        const auto lines = lines_of(screen);
        EXPECT_LE(lines.size(), 23U);
        for (const std::string& line : lines) {
            EXPECT_LE(line.size(), 80U) << line;
        }
        EXPECT_THAT(screen, HasSubstr("SERVICE"));
        EXPECT_THAT(screen, HasSubstr("in_connection")) << "nothing pushes the rest out";
    }
}

TEST(TopScreen, WhatIsUnderAttackComesFirst) {
    const std::string screen = top_screen(sample(12, 1, 1, 20), sample(10, 0, 1, 20), 80, 23);
    EXPECT_LT(screen.find("service-3"), screen.find("service-0"));
    EXPECT_THAT(screen, HasSubstr("UNDER ATTACK"));
}

}  // namespace
}  // namespace synward::control::ctl
