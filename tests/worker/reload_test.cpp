// SPDX-License-Identifier: BSD-3-Clause
//
// The program, its policy file changed while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "worker/program_run.h"

namespace synward::test {
namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

const fs::path kBroken = fs::path{SYNWARD_SOURCE_ROOT} / "tests/data/policies/broken";

std::string policy(const std::string& service, const std::string& rest = "",
                   const std::string& more_services = "") {
    return "links: [{name: wire, outside: net_ring0, inside: net_ring1}]\n"
           "workers: {idle_sleep: 100us, cores: [" +
           std::to_string(processors(1).front()) +
           "]}\n"
           "memory: {hugepages: off, size: 128MiB}\n"
           "services:\n"
           "  - {name: web, addresses: [198.51.100.0/24], " +
           service + "}\n" + more_services + "log: {format: json}\n" + rest;
}

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The line's members but for its time, as "level msg name=value ...".
std::string shown(const nlohmann::ordered_json& line) {
    std::string text;
    for (const auto& [name, value] : line.items()) {
        if (name == "level" || name == "msg") {
            text += (text.empty() ? "" : " ") + value.get<std::string>();
        } else if (name != "time") {
            text += " " + name + "=" + value.get<std::string>();
        }
    }
    return text;
}

/// An error as the log is to show it: "# error LINE:COLUMN: MESSAGE" at a broken policy's head,
/// FILE standing for the file; see the unit test.
std::string expected_line(std::string error, const std::string& file) {
    for (std::size_t at = 0; (at = error.find("FILE", at)) != std::string::npos;) {
        error.replace(at, 4, file);
        at += file.size();
    }
    std::smatch place;
    if (!std::regex_search(error, place, std::regex{"^(\\d+):(\\d+): "})) {
        return "error policy refused error=" + file + ": " + error;
    }
    return "error policy refused error=" + file + ":" + error + " line=" + place[1].str() +
           " column=" + place[2].str();
}

class Reload : public testing::Test {
  protected:
    void start(const std::vector<std::string>& options = {}) {
        write(policy("budget: 1Ki"));
        std::vector<std::string> arguments{"run", file()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        run.emplace(folder, arguments);
        ASSERT_TRUE(run->wait_until_ready()) << run->errors();
    }
    [[nodiscard]] std::string file() const { return folder / "policy.yaml"; }
    void write(const std::string& text) const { (void)folder.file("policy.yaml", text); }
    /// The log of what follows SIGHUP, up to the line that says how it ended.
    Lines reload() {
        return log_after([this] { run->send_signal(SIGHUP); });
    }
    template <typename Act>
    Lines log_after(Act&& act) {
        const std::size_t before = run->errors().size();
        act();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < end) {
            const std::string log = run->errors().substr(before);
            const std::size_t last = log.find("reloaded");
            if (last != std::string::npos && log.find('\n', last) != std::string::npos) {
                return lines_of(log);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return {"(nothing) " + run->errors()};
    }
    static Lines lines_of(const std::string& log) {
        Lines lines;
        std::istringstream text{log};
        for (std::string line; std::getline(text, line);) {
            lines.push_back(shown(nlohmann::ordered_json::parse(line)));
        }
        return lines;
    }
    [[nodiscard]] std::string reloaded(unsigned changes) const {
        return "info synward: reloaded file=" + file() + " changes=" + std::to_string(changes);
    }
    [[nodiscard]] std::string refused(unsigned errors) const {
        return "error synward: not reloaded; the policy in force stays file=" + file() +
               " errors=" + std::to_string(errors);
    }
    void expect_good_end() {
        run->send_signal(SIGTERM);
        EXPECT_EQ(run->exit_status(), 0) << run->errors();
    }

    Folder folder;
    std::optional<ProgramRun> run;
};

TEST_F(Reload, LogsWhatHasChanged) {
    start();
    write(policy("budget: 2Ki, challenge: always", "report: {interval: 1h}\n"));
    EXPECT_EQ(reload(), (Lines{"info policy changed key=report.interval before=0us after=1h",
                               "info policy changed key=services.web.challenge "
                               "before=over-budget after=always",
                               "info policy changed key=services.web.budget before=1Ki after=2Ki",
                               reloaded(3)}));
    EXPECT_EQ(reload(), Lines{reloaded(0)});
    expect_good_end();
}

TEST_F(Reload, LogsWhatComesAndGoesWithOneValue) {
    start();
    const std::string second = "  - {name: mail, addresses: [203.0.113.25]}\n";
    write(policy("budget: 1Ki", "", second));
    Lines log = reload();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_TRUE(log[0].starts_with("info policy changed key=services.mail after=")) << log[0];
    EXPECT_EQ(log[1], reloaded(1));
    write(policy("budget: 1Ki"));
    log = reload();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_TRUE(log[0].starts_with("info policy changed key=services.mail before=")) << log[0];
    EXPECT_EQ(log[0].find("after="), std::string::npos) << log[0];
    expect_good_end();
}

TEST_F(Reload, OfAnyBrokenPolicyChangesNothingAndSaysWhereItIsWrong) {
    start();
    unsigned files = 0;
    for (const auto& entry : fs::directory_iterator{kBroken}) {
        const std::string text = text_of(entry.path());
        write(text);
        const Lines log = reload();
        SCOPED_TRACE(entry.path().filename().string() + "\n" + testing::PrintToString(log));
        EXPECT_EQ(log.back(), refused(static_cast<unsigned>(log.size() - 1)));
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line) && line.starts_with("# error ");) {
            EXPECT_THAT(log, testing::Contains(expected_line(line.substr(8), file())));
        }
        ++files;
    }
    EXPECT_GE(files, 76U);
    // Had any of them changed anything, this would say so.
    write(policy("budget: 1Ki"));
    EXPECT_EQ(reload(), Lines{reloaded(0)});
    expect_good_end();
}

TEST_F(Reload, RefusesWhatNeedsARestartAndTheRestWithIt) {
    start();
    write(policy("budget: 5", "flows: {capacity: 64}\n"));
    EXPECT_EQ(reload(), (Lines{"error policy refused error=" + file() +
                                   ":7:19: flows.capacity: 64 needs a restart; expected 1Mi, by "
                                   "which the box runs line=7 column=19",
                               refused(1)}));
    write(policy("budget: 1Ki"));
    EXPECT_EQ(reload(), Lines{reloaded(0)});
    expect_good_end();
}

TEST_F(Reload, OfAFileThatIsGoneChangesNothing) {
    start();
    fs::remove(file());
    EXPECT_EQ(reload(),
              (Lines{"error policy refused error=" + file() +
                         ": cannot be read: No such file or directory; expected a policy file",
                     refused(1)}));
    expect_good_end();
}

TEST_F(Reload, ByItselfWhereTheFileIsWatched) {
    start({"--watch"});
    const auto budget = [](const std::string& before, const std::string& after) {
        return "info policy changed key=services.web.budget before=" + before + " after=" + after;
    };
    EXPECT_EQ(log_after([this] { write(policy("budget: 7")); }),
              (Lines{budget("1Ki", "7"), reloaded(1)}));
    EXPECT_EQ(log_after([this] {
                  (void)folder.file("new", policy("budget: 8"));
                  fs::rename(folder / "new", file());
              }),
              (Lines{budget("7", "8"), reloaded(1)}));
    EXPECT_EQ(log_after([this] { write("links: ["); }).back(), refused(1));
    expect_good_end();
}

TEST_F(Reload, ManyTimesInARowLosesNone) {
    start();
    for (unsigned number = 0; number < 50; ++number) {
        write(policy("budget: " + std::to_string(2 + number)));
        const Lines log = reload();
        ASSERT_EQ(log.size(), 2U);
        ASSERT_TRUE(log[0].ends_with(" after=" + std::to_string(2 + number))) << log[0];
        ASSERT_EQ(log[1], reloaded(1));
    }
    expect_good_end();
}

TEST_F(Reload, StartsTheReportsAtTheNewInterval) {
    start();
    write(policy("budget: 1Ki", "report: {interval: 50ms}\n"));
    ASSERT_EQ(reload().back(), reloaded(1));
    const std::size_t before = run->errors().size();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    const auto reports = [&] {
        const std::string text = run->errors().substr(before);
        return lines_of(text.substr(0, text.rfind('\n') + 1));
    };
    while (reports().size() < 25) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << run->errors();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    for (const std::string& line : reports()) {
        EXPECT_THAT(line, testing::MatchesRegex(
                              "info report seconds=[0-9.]+ flows=0 received=0 forwarded=0 "
                              "answered=0 held=0 dropped=0 originated=0 missed=0 "
                              "accounted_for=true"));
    }
    expect_good_end();
}

}  // namespace
}  // namespace synward::test
