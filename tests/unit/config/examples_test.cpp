// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <filesystem>

#include "config/load.h"
#include "dump.h"

namespace synward::config {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(SYNWARD_SOURCE_ROOT) / "config/examples";

LoadResult load_example(const std::string& name) {
    return load_file(kFolder / name);
}

TEST(Examples, AreAllGood) {
    int examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        const auto result = load_file(entry.path());
        for (const auto& error : result.errors) {
            ADD_FAILURE() << error.text();
        }
        EXPECT_TRUE(result.configuration.has_value());
        ++examples;
    }
    EXPECT_GE(examples, 4);
}

// The example names every key, each with a value that is not its default.
TEST(Examples, WebFarmIsReadFieldByField) {
    const auto result = load_example("web-farm.yaml");
    ASSERT_TRUE(result.configuration.has_value());
    EXPECT_EQ(
        dump(*result.configuration),
        "link north 0000:3b:00.0 0000:3b:00.1\n"
        "link south 0000:af:00.0 0000:af:00.1\n"
        "cores 2,3,4,6 steering 1 clock 0 idle_sleep 20us\n"
        "hugepages 1 size 4294967296 packet_buffers 131072 of 2176\n"
        "capacity 4194304 mtu 9000 report 10000ms\n"
        "control /run/synward/north-south.sock netops\n"
        "eal --log-level=lib.eal:debug\n"
        "half_open 5000 established 7500000 half_closed 1800000 closing 120000 time_wait 45000 ms "
        "on_expiry 1 pick_up 30000ms\n"
        "hold connections 16384 segments 32768 each 4 first 200ms attempts 4\n"
        "fragments 1 key_lifetime 60000ms secret 000102030405060708090a0b0c0d0e0f\n"
        "sources allow 203.0.113.0/24 allow 2001:db8:ffff::/48 deny 192.0.2.66/32"
        " prefix 26 48 answers 2000 concurrent 1024 new 200 burst 400\n"
        "remember 131072 syn_ack_retransmissions 2\n"
        "admission lifetime 300000ms sources 131072\n"
        "service web challenge 1 method 0 sees 0 syn_data 0 budget 16384 probe false 192.0.2.0/28 "
        "2001:db8:1::/64 "
        "80-80 "
        "443-443 8000-8080"
        " mss 1460 scale 7 sack true timestamps true ecn false\n"
        "service mail challenge 0 method 1 sees 1 syn_data 1 budget 512 probe true 192.0.2.25/32 "
        "25-25 "
        "465-465 "
        "587-587 993-993"
        " allow 198.51.100.25/32 deny 198.51.100.0/24 mss - scale - sack - timestamps - ecn -\n"
        "service build-host challenge 2 method 0 sees 0 syn_data 0 budget 1024 probe true "
        "192.0.2.14/32 "
        "0-65535"
        " mss - scale - sack - timestamps - ecn -\n"
        "service new-shop challenge 3 method 0 sees 0 syn_data 0 budget 2048 probe true "
        "2001:db8:2::80/128 443-443"
        " mss - scale - sack - timestamps - ecn -\n");
}

TEST(Examples, MinimalLeavesEveryDefault) {
    const auto result = load_example("minimal.yaml");
    ASSERT_TRUE(result.configuration.has_value());
    Configuration expected;
    expected.links = {{"uplink", "net_af_packet0,iface=outside0", "net_af_packet1,iface=inside0"}};
    defense::ServicePolicy web;
    web.name = "web";
    web.addresses = {*wire::Prefix::parse("10.0.0.2")};
    web.ports = {{80, 80}, {443, 443}};
    expected.policy.services = {web};
    EXPECT_EQ(dump(*result.configuration), dump(expected));
}

TEST(Examples, CaptureTakesTimeFromThePackets) {
    const auto result = load_example("capture.yaml");
    ASSERT_TRUE(result.configuration.has_value());
    EXPECT_EQ(result.configuration->workers.clock, Clock::kPacket);
    EXPECT_EQ(result.configuration->memory.huge_pages, HugePages::kOff);
    EXPECT_TRUE(result.configuration->policy.master_secret.has_value());
}

}  // namespace
}  // namespace synward::config
