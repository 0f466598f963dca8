// SPDX-License-Identifier: BSD-3-Clause
// Each file of tests/data/policies/broken begins with what is to be said of it: lines of
// "# error LINE:COLUMN: MESSAGE", in which FILE stands for the name of the file itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"

namespace synward::config {
namespace {

constexpr std::string_view kErrorMark = "# error ";
const std::filesystem::path kBrokenPolicies =
    std::filesystem::path(SYNWARD_SOURCE_ROOT) / "tests/data/policies/broken";

std::vector<std::string> broken_policies() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kBrokenPolicies)) {
        names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> expected_errors(const std::string& text, const std::string& name) {
    std::vector<std::string> errors;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && line.starts_with(kErrorMark);) {
        std::string error = line.substr(kErrorMark.size());
        for (std::size_t at = 0; (at = error.find("FILE", at)) != std::string::npos;) {
            error.replace(at, 4, name);
            at += name.size();
        }
        const bool has_place = error[0] >= '0' && error[0] <= '9';
        errors.push_back(name + (has_place ? ":" : ": ") + error);
    }
    return errors;
}

class BrokenPolicy : public testing::TestWithParam<std::string> {};

TEST_P(BrokenPolicy, IsRefusedWithExactlyTheseErrors) {
    const std::string& name = GetParam();
    const std::string text = content(kBrokenPolicies / name);
    const auto expected = expected_errors(text, name);
    ASSERT_FALSE(expected.empty());

    const LoadResult result = load_text(text, name);

    EXPECT_FALSE(result.configuration.has_value());
    std::vector<std::string> found;
    for (const Diagnostic& error : result.errors) {
        found.push_back(error.text());
    }
    EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenPolicy, testing::ValuesIn(broken_policies()),
                         [](const auto& file) {
                             std::string name = file.param.substr(0, file.param.rfind('.'));
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(BrokenPolicies, AreThereAtAll) {
    EXPECT_GE(broken_policies().size(), 36U);
}

}  // namespace
}  // namespace synward::config
