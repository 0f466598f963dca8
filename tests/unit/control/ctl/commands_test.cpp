// SPDX-License-Identifier: BSD-3-Clause
//
// Every command and option that synwardctl has is in its manual page and in its completion.
#include "control/ctl/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>

namespace synward::control::ctl {
namespace {

using testing::HasSubstr;

std::string content(const std::string& name) {
    const std::ifstream file{std::string{SYNWARD_SOURCE_ROOT} + "/" + name};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Roff writes a hyphen that is one as "\-".
std::string manual() {
    std::string text = content("docs/man/synwardctl.8");
    for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) {
        text.erase(at, 1);
    }
    return text;
}

/// The page's part on one command, or on all.
std::string section(const std::string& page, const std::string& command) {
    const auto begin = page.find(".SS " + command);
    if (begin == std::string::npos) {
        return "";
    }
    const auto end = std::min(page.find(".SS ", begin + 1), page.find(".SH ", begin));
    return page.substr(begin, end - begin);
}

struct Entry {
    std::string command;
    const CLI::App* app;
};

void collect(const CLI::App& app, const std::string& name, std::vector<Entry>& entries) {
    const auto commands = app.get_subcommands({});
    for (const CLI::App* command : commands) {
        collect(*command, name.empty() ? command->get_name() : name + " " + command->get_name(),
                entries);
    }
    if (commands.empty()) {
        entries.push_back({name, &app});
    }
}

TEST(SynwardctlCommands, AreAllInTheManualAndInTheCompletion) {
    CLI::App app;
    Context context;
    add_all(app, context);
    std::vector<Entry> entries;
    collect(app, "", entries);
    ASSERT_GE(entries.size(), 10U);
    const std::string page = manual();
    const std::string completion = content("deploy/completion/synwardctl.bash");
    for (const auto& [command, its_app] : entries) {
        const std::string part = section(page, command);
        EXPECT_FALSE(part.empty()) << command << " is not in the manual";
        EXPECT_THAT(completion, HasSubstr(command));
        for (const CLI::Option* option : its_app->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                const bool is_of_all = name == "json" || name == "help";
                EXPECT_THAT(is_of_all ? page : part, HasSubstr("--" + name)) << command;
                EXPECT_THAT(completion, HasSubstr("--" + name)) << command;
            }
        }
    }
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            EXPECT_THAT(page, HasSubstr("--" + name));
            EXPECT_THAT(completion, HasSubstr("--" + name));
        }
    }
}

}  // namespace
}  // namespace synward::control::ctl
