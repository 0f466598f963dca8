// SPDX-License-Identifier: BSD-3-Clause
#include "flood/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "flood/kinds.h"

namespace synward::flood {
namespace {

Report example() {
    return {.kind = FloodKind::kSynAck,
            .target = "net_null0",
            .sent = 1000,
            .failed = 7,
            .bytes = 74000,
            .requested_rate = 600,
            .seconds = 2,
            .cpu_seconds = 0.5,
            .answers = AnswerCounts{.syn_ack = 11, .rst = 12, .other = 13}};
}

TEST(Report, AsJsonHoldsAllNumbers) {
    const auto json = nlohmann::json::parse(as_json(example()));
    const nlohmann::json expected{
        {"kind", "syn-ack"},  {"target", "net_null0"},
        {"sent", 1000},       {"failed", 7},
        {"bytes", 74000},     {"requested_rate", 600.0},
        {"rate", 500.0},      {"seconds", 2.0},
        {"cpu_seconds", 0.5}, {"answers", {{"syn_ack", 11}, {"rst", 12}, {"other", 13}}}};
    EXPECT_EQ(json, expected);
}

TEST(Report, SaysNothingOfAnswersWhereNothingWasReceived) {
    Report report = example();
    report.answers.reset();
    EXPECT_FALSE(nlohmann::json::parse(as_json(report)).contains("answers"));
    EXPECT_EQ(as_text(report).find("answers"), std::string::npos);
}

TEST(Report, AsTextShowsTheRateReached) {
    const std::string text = as_text(example());
    for (const char* part : {"syn-ack flood to net_null0", "500 packets/s over 2.000 s",
                             "600 asked for", "25%", "11 SYN-ACK", "12 RST", "13 other"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    }
}

TEST(Kinds, HaveTheirNamesInTheirOrder) {
    for (const auto& [kind, name] : kKindNames) {
        EXPECT_EQ(name_of(kind), name);
        EXPECT_EQ(named(kKindNames, name), kind);
    }
    EXPECT_EQ(named(kKindNames, "udp"), std::nullopt);
}

}  // namespace
}  // namespace synward::flood
