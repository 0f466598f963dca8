// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/flow_order.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

ordered_json row(const std::string& outside, const std::string& state = "ESTABLISHED",
                 double expires = 1) {
    return {{"outside", outside},       {"outside_state", state},
            {"inside", "192.0.2.1:80"}, {"inside_state", "LAST_ACK"},
            {"phase", "open"},          {"service", "web"},
            {"expires_in", expires},    {"worker", 0}};
}

std::vector<std::string> outsides(const std::vector<ordered_json>& rows) {
    std::vector<std::string> texts;
    for (const ordered_json& one : rows) {
        texts.push_back(one.at("outside").get<std::string>());
    }
    return texts;
}

TEST(FlowOrder, AddressesCountAsNumbers) {
    const std::vector<std::string> expected{"9.0.0.1:5",    "10.0.0.1:80",     "10.0.0.1:443",
                                            "192.0.2.10:1", "[2001:db8::9]:1", "[2001:db8::10]:1"};
    std::vector<std::string> shuffled = expected;
    std::mt19937 random{1};
    for (unsigned round = 0; round < 20; ++round) {
        std::ranges::shuffle(shuffled, random);
        SortedRows rows{"outside", false, 0};
        for (const std::string& text : shuffled) {
            rows.add(row(text).dump());
        }
        EXPECT_EQ(outsides(rows.take()), expected);
    }
}

TEST(FlowOrder, LimitKeepsTheFirstOfAllInTheOrderAskedFor) {
    for (const bool descending : {false, true}) {
        SortedRows rows{"expires", descending, 3};
        for (int number = 0; number < 100; ++number) {
            const int value = number * 37 % 100;
            rows.add(row(fmt::format("10.0.0.{}:1", value), "LISTEN", value).dump());
        }
        EXPECT_EQ(
            outsides(rows.take()),
            (descending ? std::vector<std::string>{"10.0.0.99:1", "10.0.0.98:1", "10.0.0.97:1"}
                        : std::vector<std::string>{"10.0.0.0:1", "10.0.0.1:1", "10.0.0.2:1"}));
    }
}

TEST(FlowOrder, EqualRowsStayInTheirOrder) {
    SortedRows rows{"service", true, 0};
    for (const char* text : {"10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"}) {
        rows.add(row(text).dump());
    }
    EXPECT_EQ(outsides(rows.take()),
              (std::vector<std::string>{"10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"}));
}

TEST(FlowOrder, EveryOrderIsOneOfTheColumns) {
    for (const std::string_view order : kFlowOrders) {
        const ordered_json a = row("10.0.0.1:1");
        EXPECT_FALSE(is_before(a, a, order)) << order;
    }
    EXPECT_TRUE(is_before(row("10.0.0.1:1", "CLOSED"), row("10.0.0.1:1", "LISTEN"), "state"));
}

}  // namespace
}  // namespace synward::control::ctl
