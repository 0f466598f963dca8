// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_config.h>

#include <algorithm>

namespace synward::control {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The argument after `option`.
std::string after(const std::vector<std::string>& arguments, const std::string& option) {
    const auto found = std::find(arguments.begin(), arguments.end(), option);
    return found == arguments.end() ? "" : *std::next(found);
}

config::Configuration with_two_workers() {
    config::Configuration configuration;
    configuration.links = {{"lab", "net_null0", "net_null1"}};
    configuration.workers.cores = {1, 0};
    return configuration;
}

TEST(EalArguments, LeaveNoFilesBehind) {
    const config::Configuration configuration = with_two_workers();
    EXPECT_THAT(eal_arguments(configuration, 0, true),
                AllOf(Contains("--in-memory"), Not(Contains(StartsWith("--file-prefix")))));
    EXPECT_THAT(eal_arguments(configuration, 0, false),
                AllOf(Contains("--no-huge"), Contains("--no-shconf")));
}

TEST(EalArguments, ShareFilesWithSecondaryProcesses) {
    config::Configuration configuration = with_two_workers();
    configuration.dpdk = {.secondary_processes = true, .file_prefix = "north"};
    EXPECT_THAT(eal_arguments(configuration, 0, true),
                AllOf(Contains("--file-prefix=north"), Not(Contains("--in-memory")),
                      Not(Contains("--no-shconf"))));
}

TEST(EalArguments, LeaveRoomForWhatSecondaryProcessesCapture) {
    config::Configuration configuration = with_two_workers();
    configuration.memory.size = 100 * kMegabyte;
    EXPECT_EQ(after(eal_arguments(configuration, 1, true), "-m"), "100");
    EXPECT_EQ(after(eal_arguments(configuration, 200 * kMegabyte, true), "-m"), "200");
    configuration.dpdk.secondary_processes = true;
    EXPECT_EQ(after(eal_arguments(configuration, 200 * kMegabyte, true), "-m"), "216");
}

/// A secondary process has the lcores of its processors' numbers; two threads of the same lcore
/// share caches of packet buffers without a lock.
TEST(EalArguments, GiveWorkersLcoresThatNoSecondaryProcessHas) {
    config::Configuration configuration = with_two_workers();
    EXPECT_THAT(after(eal_arguments(configuration, 0, true), "--lcores"),
                AllOf(StartsWith("0@("), HasSubstr("),1@1,2@0")));
    configuration.dpdk.secondary_processes = true;
    ASSERT_EQ(RTE_MAX_LCORE, 128);
    EXPECT_THAT(after(eal_arguments(configuration, 0, true), "--lcores"),
                AllOf(StartsWith("0@("), HasSubstr("),126@1,127@0")));
}

}  // namespace
}  // namespace synward::control
