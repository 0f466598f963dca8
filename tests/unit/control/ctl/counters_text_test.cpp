// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/counters_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/ctl/connection.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

ordered_json service(const char* name, std::uint64_t syns, std::uint64_t completed) {
    return {{"service", name}, {"syns", syns}, {"challenged", syns / 2},
            {"redeemed", 7},   {"failed", 0},  {"completed", completed}};
}

ordered_json counters(double seconds, const std::vector<ordered_json>& services) {
    const ordered_json sums{{"received", 1000}, {"forwarded", 1000}};
    const ordered_json reasons{{"in_connection", 990}, {"fin", 10}};
    ordered_json worker = sums;
    worker["counters"] = reasons;
    return {{"seconds", seconds},
            {"totals", sums},
            {"counters", reasons},
            {"workers", {worker}},
            {"links",
             {{{"link", "wire"},
               {"side", "outside"},
               {"received", 1000},
               {"sent", 900},
               {"missed", 1}}}},
            {"services", services}};
}

const ordered_json kIdle{{"service", "idle"}, {"syns", 0},   {"challenged", 0},
                         {"redeemed", 0},     {"failed", 0}, {"completed", 0}};

TEST(CountersText, HasEveryPartOfTheWhole) {
    const std::string text = counters_text(
        counters(10, {service("web", 12'345, 20), kIdle, service("mail", 30, 4)}), {}, {});
    EXPECT_THAT(text, AllOf(HasSubstr("received"), HasSubstr("in_connection"),
                            ContainsRegex("link wire outside +received +1,000")));
    EXPECT_THAT(text, ContainsRegex("service +syns +challenged +redeemed +failed +completed\n"
                                    "web +12,345 +6,172 +7 +0 +20\n"
                                    "mail +30 +15 +7 +0 +4\n$"));
}

TEST(CountersText, ServicesThatCountedNothingAreForAll) {
    const auto now = counters(10, {kIdle});
    EXPECT_THAT(counters_text(now, {}, {}), Not(HasSubstr("service")));
    EXPECT_THAT(counters_text(now, {}, {.all = true}), ContainsRegex("idle +0 +0 +0 +0 +0\n$"));
}

TEST(CountersText, OfOneServiceHasItsRatesAlone) {
    const auto before = counters(10, {service("web", 1000, 10), service("mail", 30, 4)});
    const auto now = counters(12, {service("mail", 50, 5), service("web", 3000, 10)});
    const std::string text = counters_text(now, before, {.service = "web"});
    EXPECT_THAT(text, ContainsRegex("^syns +3,000 +1.00k/s  SYNs of clients"));
    EXPECT_THAT(text, ContainsRegex("challenged +1,500 +500/s"));
    EXPECT_THAT(text, ContainsRegex("completed +10 +0/s"));
    EXPECT_THAT(text, Not(HasSubstr("received")));
    EXPECT_THAT(counters_text(now, {}, {.service = "web"}), Not(HasSubstr("/s ")));
}

// A reload takes services away and gives their names to others.
TEST(CountersText, OfAServiceThatIsNewHasNoRate) {
    const auto before = counters(10, {service("web", 1000, 10)});
    EXPECT_THAT(counters_text(counters(12, {service("new", 500, 1)}), before, {.service = "new"}),
                ContainsRegex("syns +500 +0/s"));
    EXPECT_THAT(counters_text(counters(12, {service("web", 500, 1)}), before, {.service = "web"}),
                ContainsRegex("syns +500 +0/s"));
}

TEST(CountersText, RefusesWhatIsNotThere) {
    const auto now = counters(10, {service("web", 1, 1)});
    EXPECT_THROW(counters_text(now, {}, {.service = "we"}), Refused);
    EXPECT_THROW(counters_text(now, {}, {.worker = 1}), Refused);
    EXPECT_THAT(counters_text(now, {}, {.worker = 0}),
                AllOf(HasSubstr("in_connection"), Not(HasSubstr("web"))));
}

}  // namespace
}  // namespace synward::control::ctl
