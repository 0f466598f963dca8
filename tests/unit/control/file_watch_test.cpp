// SPDX-License-Identifier: BSD-3-Clause
#include "control/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace synward::control {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    std::ofstream{path} << text;
}

/// As editors and `ln -sfn` do it.
void replace_link(const fs::path& link, const fs::path& target) {
    fs::create_symlink(target, link.string() + ".new");
    fs::rename(link.string() + ".new", link);
}

class FileWatchTest : public testing::Test {
  protected:
    struct Step {
        std::function<void()> act;
        unsigned changes;  ///< that are to be seen after it
    };

    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "synward-watch-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
        file = folder / "policy.yaml";
    }
    void TearDown() override { fs::remove_all(folder); }

    /// Watches `file` and takes the steps, each once the one before has been seen and a while
    /// later.
    void expect(const std::vector<Step>& steps) {
        constexpr auto kNothingMore = 250ms;
        EventLoop loop;
        unsigned seen = 0;
        std::size_t step = 0;
        auto since = steady_clock::now();
        const FileWatch watch{loop, file, [&] { ++seen; }};
        steps[0].act();
        const auto turn = loop.every(10ms, [&] {
            const auto passed = steady_clock::now() - since;
            if (passed < kNothingMore || (seen < steps[step].changes && passed < 5s)) {
                return;
            }
            EXPECT_EQ(seen, steps[step].changes) << "after step " << step;
            seen = 0;
            since = steady_clock::now();
            if (++step == steps.size()) {
                loop.stop();
            } else {
                steps[step].act();
            }
        });
        loop.run();
    }

    fs::path folder;
    fs::path file;
};

TEST_F(FileWatchTest, SeesAFileThatIsWrittenInPlaceAndTwoWritesInARowOnce) {
    write(file, "one");
    expect({{[&] { write(file, "three"); }, 1},
            {[&] {
                 write(file, "seven");
                 write(file, "eleven");
             },
             1}});
}

TEST_F(FileWatchTest, SeesAFileThatIsReplacedByARename) {
    write(file, "one");
    const auto replace = [&] {
        write(folder / ".policy.yaml.swp", "same");
        fs::rename(folder / ".policy.yaml.swp", file);
    };
    expect({{replace, 1}, {replace, 1}});
}

TEST_F(FileWatchTest, SeesAFileThatWasAwayOnlyOnceItIsBack) {
    write(file, "one");
    expect({{[&] { fs::rename(file, folder / "policy.yaml~"); }, 0},
            {[&] { write(file, "two"); }, 1}});
}

TEST_F(FileWatchTest, SeesTheFolderBehindALinkExchangedAsKubernetesDoes) {
    fs::create_directory(folder / "..2026_1");
    write(folder / "..2026_1" / "policy.yaml", "one");
    fs::create_symlink("..2026_1", folder / "..data");
    fs::create_symlink("..data/policy.yaml", file);
    const auto exchange = [&](const std::string& name, const std::string& old) {
        fs::create_directory(folder / name);
        write(folder / name / "policy.yaml", "other");
        replace_link(folder / "..data", name);
        fs::remove_all(folder / old);
    };
    expect({{[&] { exchange("..2026_2", "..2026_1"); }, 1},
            {[&] { exchange("..2026_3", "..2026_2"); }, 1}});
}

TEST_F(FileWatchTest, SeesWhatALinkLeadsToElsewhere) {
    fs::create_directory(folder / "elsewhere");
    write(folder / "elsewhere" / "real.yaml", "one");
    write(folder / "another.yaml", "another");
    fs::create_symlink("elsewhere/real.yaml", file);
    expect({{[&] { write(folder / "elsewhere" / "real.yaml", "two"); }, 1},
            {[&] { replace_link(file, "another.yaml"); }, 1},
            {[&] { write(folder / "elsewhere" / "real.yaml", "three"); }, 0}});
}

TEST_F(FileWatchTest, DoesNotSeeItsNeighbours) {
    write(file, "one");
    expect({{[&] {
                 write(folder / "other.yaml", "two");
                 fs::remove(folder / "other.yaml");
             },
             0}});
}

}  // namespace
}  // namespace synward::control
