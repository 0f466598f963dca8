// SPDX-License-Identifier: BSD-3-Clause
//
// The program, its policy file changed while it runs.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "worker/program_run.h"

namespace synward::test {
namespace {

namespace fs = std::filesystem;

const fs::path kBroken = fs::path{SYNWARD_SOURCE_ROOT} / "tests/data/policies/broken";

std::string policy(const std::string& service, const std::string& rest = "") {
    return "links: [{name: wire, outside: net_ring0, inside: net_ring1}]\n"
           "workers: {idle_sleep: 100us, cores: [" +
           std::to_string(processors(1).front()) +
           "]}\n"
           "memory: {hugepages: off, size: 128MiB}\n"
           "services:\n"
           "  - {name: web, addresses: [198.51.100.0/24], " +
           service + "}\n" + rest;
}

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

unsigned occurrences(const std::string& text, const std::string& what) {
    unsigned count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
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
    std::string reload() {
        return log_after([this] { run->send_signal(SIGHUP); });
    }
    template <typename Act>
    std::string log_after(Act&& act) {
        const std::size_t before = run->errors().size();
        act();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < end) {
            const std::string log = run->errors().substr(before);
            if (log.find("reloaded: ") != std::string::npos && log.ends_with("\n")) {
                return log;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return "(nothing) " + run->errors();
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
    EXPECT_EQ(reload(),
              "synward: report.interval: 0us -> 1h\n"
              "synward: services.web.challenge: over-budget -> always\n"
              "synward: services.web.budget: 1Ki -> 2Ki\n"
              "synward: reloaded: " +
                  file() + ": 3 changes\n");
    EXPECT_EQ(reload(), "synward: reloaded: " + file() + ": 0 changes\n");
    expect_good_end();
}

TEST_F(Reload, OfAnyBrokenPolicyChangesNothingAndSaysWhereItIsWrong) {
    start();
    unsigned files = 0;
    for (const auto& entry : fs::directory_iterator{kBroken}) {
        const std::string text = text_of(entry.path());
        write(text);
        const std::string log = reload();
        SCOPED_TRACE(entry.path().filename().string() + "\n" + log);
        EXPECT_TRUE(
            log.ends_with("synward: not reloaded: " + file() + ": the policy in force stays\n"));
        // "# error LINE:COLUMN: MESSAGE" at its head, FILE standing for the file; see the unit
        // test.
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line) && line.starts_with("# error ");) {
            std::string error = line.substr(8);
            for (std::size_t at = 0; (at = error.find("FILE", at)) != std::string::npos;) {
                error.replace(at, 4, file());
                at += file().size();
            }
            const bool has_place = error[0] >= '0' && error[0] <= '9';
            const std::string expected =
                "synward: " + file() + (has_place ? ":" : ": ") + error + "\n";
            EXPECT_NE(log.find(expected), std::string::npos) << expected;
        }
        ++files;
    }
    EXPECT_GE(files, 76U);
    // Had any of them changed anything, this would say so.
    write(policy("budget: 1Ki"));
    EXPECT_EQ(reload(), "synward: reloaded: " + file() + ": 0 changes\n");
    expect_good_end();
}

TEST_F(Reload, RefusesWhatNeedsARestartAndTheRestWithIt) {
    start();
    write(policy("budget: 5", "flows: {capacity: 64}\n"));
    EXPECT_EQ(reload(), "synward: " + file() +
                            ":6:19: flows.capacity: 64 needs a restart; expected 1Mi, by which the "
                            "box runs\n"
                            "synward: not reloaded: " +
                            file() + ": the policy in force stays\n");
    write(policy("budget: 1Ki"));
    EXPECT_EQ(reload(), "synward: reloaded: " + file() + ": 0 changes\n");
    expect_good_end();
}

TEST_F(Reload, OfAFileThatIsGoneChangesNothing) {
    start();
    fs::remove(file());
    EXPECT_EQ(reload(), "synward: " + file() +
                            ": cannot be read: No such file or directory; expected a policy file\n"
                            "synward: not reloaded: " +
                            file() + ": the policy in force stays\n");
    expect_good_end();
}

TEST_F(Reload, ByItselfWhereTheFileIsWatched) {
    start({"--watch"});
    EXPECT_NE(
        log_after([this] { write(policy("budget: 7")); }).find("services.web.budget: 1Ki -> 7\n"),
        std::string::npos);
    EXPECT_NE(log_after([this] {
                  (void)folder.file("new", policy("budget: 8"));
                  fs::rename(folder / "new", file());
              }).find("services.web.budget: 7 -> 8\n"),
              std::string::npos);
    EXPECT_NE(log_after([this] { write("links: ["); }).find(": not reloaded: "), std::string::npos);
    expect_good_end();
}

TEST_F(Reload, ManyTimesInARowLosesNone) {
    start();
    for (unsigned number = 0; number < 50; ++number) {
        write(policy("budget: " + std::to_string(2 + number)));
        ASSERT_NE(reload().find("-> " + std::to_string(2 + number) + "\n"), std::string::npos);
    }
    EXPECT_EQ(occurrences(run->errors(), ": 1 change\n"), 50U);
    expect_good_end();
}

}  // namespace
}  // namespace synward::test
