// SPDX-License-Identifier: BSD-3-Clause
#include "impair/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace synward::impair {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::variant<Options, int> parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"impair", "--left", "a", "--right", "b"});
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(ImpairOptions, DoNothingByDefault) {
    const auto options = std::get<Options>(parsed({}));
    EXPECT_EQ(options.left, "a");
    EXPECT_EQ(options.right, "b");
    for (const Impairment& one : {options.to_left, options.to_right}) {
        EXPECT_EQ(one.delay + one.jitter + one.reorder_delay, Duration{0});
        EXPECT_EQ(one.loss + one.duplicate + one.reorder + one.corrupt + one.rate, 0);
    }
    EXPECT_FALSE(options.lose_third_segment);
}

TEST(ImpairOptions, AreForBothDirectionsOrOne) {
    const auto options = std::get<Options>(parsed({"--loss-to-left",
                                                   "3%",
                                                   "--delay",
                                                   "50ms",
                                                   "--jitter",
                                                   "100us",
                                                   "--loss",
                                                   "2%",
                                                   "--duplicate",
                                                   "0.01",
                                                   "--reorder",
                                                   "5%",
                                                   "--reorder-delay",
                                                   "5ms",
                                                   "--corrupt",
                                                   "1%",
                                                   "--rate",
                                                   "100M",
                                                   "--rate-to-right",
                                                   "20M",
                                                   "--seed",
                                                   "42",
                                                   "--queue",
                                                   "10",
                                                   "--lose-third-segment"}));
    for (const Impairment& one : {options.to_left, options.to_right}) {
        EXPECT_EQ(one.delay, milliseconds{50});
        EXPECT_EQ(one.jitter, microseconds{100});
        EXPECT_EQ(one.duplicate, 0.01);
        EXPECT_EQ(one.reorder, 0.05);
        EXPECT_EQ(one.reorder_delay, milliseconds{5});
        EXPECT_EQ(one.corrupt, 0.01);
    }
    EXPECT_EQ(options.to_left.loss, 0.03);  // wherever it stands
    EXPECT_EQ(options.to_right.loss, 0.02);
    EXPECT_EQ(options.to_left.rate, 100e6);
    EXPECT_EQ(options.to_right.rate, 20e6);
    EXPECT_EQ(options.seed, 42U);
    EXPECT_EQ(options.queue, 10U);
    EXPECT_TRUE(options.lose_third_segment);
}

TEST(ImpairOptions, AreRefusedWithTheReason) {
    struct Case {
        std::vector<const char*> arguments;
        const char* said;
    };
    const Case cases[] = {
        {{"--loss", "101%"}, "'101%' is no share"},
        {{"--loss", "-1%"}, "--loss"},
        {{"--corrupt", "much"}, "'much' is no share"},
        {{"--delay", "50"}, "'50' is no duration"},
        {{"--jitter-to-left", "soon"}, "'soon' is no duration"},
        {{"--rate", "fast"}, "'fast' is no rate"},
        {{"--queue", "0"}, "--queue"},
        {{"--unknown"}, "--unknown"},
    };
    for (const Case& expected : cases) {
        testing::internal::CaptureStderr();
        const auto result = parsed(expected.arguments);
        const std::string said = testing::internal::GetCapturedStderr();
        ASSERT_TRUE(std::holds_alternative<int>(result)) << expected.said;
        EXPECT_EQ(std::get<int>(result), 2);
        EXPECT_NE(said.find(expected.said), std::string::npos) << expected.said << "\nbut:\n"
                                                               << said;
    }
}

TEST(ImpairOptions, SharesAreOfOneOrPercent) {
    EXPECT_EQ(parse_share("0"), 0.0);
    EXPECT_EQ(parse_share("0.5"), 0.5);
    EXPECT_EQ(parse_share("100%"), 1.0);
    for (const char* wrong : {"", "%", "1.5", "-0.1", "2 %", "nan", "inf", "2%%"}) {
        EXPECT_FALSE(parse_share(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace synward::impair
