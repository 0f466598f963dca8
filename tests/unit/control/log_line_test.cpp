// SPDX-License-Identifier: BSD-3-Clause
#include "control/log_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace synward::control::log {
namespace {

const Time kTime{std::chrono::milliseconds{1'700'000'000'007}};

std::string line(std::string_view message, const std::vector<Field>& fields = {}) {
    return logfmt(kTime, Level::kWarning, message, fields);
}

TEST(Logfmt, HasTimeLevelMessageAndFields) {
    EXPECT_EQ(line("calm", {{"service", "web"}, {"rate", 120}}),
              "time=2023-11-14T22:13:20.007Z level=warning msg=calm service=web rate=120");
}

TEST(Logfmt, QuotesWhatWouldNotBeOneWord) {
    struct Case {
        std::string value, written;
    };
    for (const auto& [value, written] :
         std::initializer_list<Case>{{"web", "web"},
                                     {"", R"("")"},
                                     {"two words", R"("two words")"},
                                     {"a=b", R"("a=b")"},
                                     {R"(say "no")", R"("say \"no\"")"},
                                     {R"(back\slash)", R"("back\\slash")"},
                                     {"two\nlines", R"("two\nlines")"},
                                     {"bell\x07", R"("bell\x07")"},
                                     {"äöü", "äöü"}}) {
        EXPECT_EQ(line("m", {{"value", value}}),
                  "time=2023-11-14T22:13:20.007Z level=warning msg=m value=" + written);
    }
}

TEST(Json, IsOneObjectOfStrings) {
    const std::vector<Field> fields{{"service", "a \"b\"\n"}, {"rate", 7}};
    const std::string text = json(kTime, Level::kError, "m", fields);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto object = nlohmann::json::parse(text);
    EXPECT_EQ(object["time"], "2023-11-14T22:13:20.007Z");
    EXPECT_EQ(object["level"], "error");
    EXPECT_EQ(object["msg"], "m");
    EXPECT_EQ(object["service"], "a \"b\"\n");
    EXPECT_EQ(object["rate"], "7");
}

TEST(Json, SurvivesWhatIsNoUtf8) {
    const std::vector<Field> fields{{"value", "\xff\xfe"}};
    EXPECT_NO_THROW(json(kTime, Level::kError, "m", fields));
}

TEST(RateLimitOfLog, LetsTenOfAKindThroughInTenSecondsAndCountsTheRest) {
    RateLimit limit;
    for (unsigned number = 0; number < RateLimit::kMost; ++number) {
        EXPECT_EQ(limit.allows("a", kTime), 0U);
    }
    for (unsigned number = 0; number < 5; ++number) {
        EXPECT_EQ(limit.allows("a", kTime + std::chrono::seconds{9}), std::nullopt);
    }
    EXPECT_EQ(limit.allows("b", kTime), 0U) << "others are not concerned";
    EXPECT_EQ(limit.allows("a", kTime + RateLimit::kInterval), 5U);
    EXPECT_EQ(limit.allows("a", kTime + RateLimit::kInterval), 0U);
}

TEST(RateLimitOfLog, DoesNotWaitForAClockThatWasSetBack) {
    RateLimit limit;
    for (unsigned number = 0; number <= RateLimit::kMost; ++number) {
        limit.allows("a", kTime);
    }
    EXPECT_EQ(limit.allows("a", kTime - std::chrono::hours{1}), 1U);
}

}  // namespace
}  // namespace synward::control::log
