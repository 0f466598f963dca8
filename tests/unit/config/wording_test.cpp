// SPDX-License-Identifier: BSD-3-Clause
#include "config/wording.h"

#include <gtest/gtest.h>

#include <vector>

#include "config/diagnostic.h"

namespace synward::config {
namespace {

TEST(InQuotes, StaysOnOneShortLine) {
    EXPECT_EQ(in_quotes("abc"), "'abc'");
    EXPECT_EQ(in_quotes("a\nb\x1b[31m\x7f"), "'a\\x0ab\\x1b[31m\\x7f'");
    EXPECT_EQ(in_quotes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
    EXPECT_EQ(in_quotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

TEST(Nearest, IsAtMostTwoTypingErrorsAway) {
    const std::vector<std::string_view> words{"budget", "ports", "name", "mtu", "over-budget"};
    struct {
        const char* word;
        const char* nearest;  ///< "": none
    } const cases[] = {
        {"budgte", "budget"},
        {"buget", "budget"},
        {"budgett", "budget"},
        {"bugdte", "budget"},
        {"port", "ports"},
        {"prots", "ports"},
        {"Name", "name"},
        {"MTU", "mtu"},
        {"mut", "mtu"},
        {"over_budget", "over-budget"},
        {"overbudget", "over-budget"},
        {"bxdxxt", ""},
        {"firewall", ""},
        {"", ""},
        {"xyz", ""},
    };
    for (const auto& [word, expected] : cases) {
        EXPECT_EQ(nearest(word, words).value_or(""), expected) << word;
    }
    EXPECT_EQ(nearest(std::string(1 << 20, 'b'), words), std::nullopt);
}

TEST(Diagnostic, Text) {
    Diagnostic error{"p.yaml",      12,      5, "services[0].budgte", "unknown key 'budgte'",
                     "one of a, b", "budget"};
    EXPECT_EQ(error.text(),
              "p.yaml:12:5: services[0].budgte: unknown key 'budgte'; expected one of a, b; "
              "did you mean 'budget'?");
    error.suggestion.reset();
    error.key.clear();
    error.line = 0;
    EXPECT_EQ(error.text(), "p.yaml: unknown key 'budgte'; expected one of a, b");
}

TEST(Errors, ComeInTheOrderOfTheFile) {
    Errors errors("p.yaml");
    errors.add({"c", 2, 10}, {"third", {}}, "x");
    errors.add({"b", 2, 9}, {"second", {}}, "x");
    errors.add({"a", 1, 20}, {"first", {}}, "x");
    errors.add({"d", 2, 10}, {"fourth", {}}, "x");
    std::vector<std::string> found;
    for (const auto& error : errors.take()) {
        found.push_back(error.found);
    }
    EXPECT_EQ(found, (std::vector<std::string>{"first", "second", "third", "fourth"}));
    EXPECT_TRUE(errors.empty());
}

}  // namespace
}  // namespace synward::config
