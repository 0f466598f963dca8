// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <filesystem>

#include "config/load.h"
#include "dump.h"

namespace synward::config {
namespace {

const std::filesystem::path kExamples =
    std::filesystem::path(SYNWARD_SOURCE_ROOT) / "config/examples";

LoadResult load_example(const std::string& name) {
    return load_file(kExamples / name);
}

TEST(Examples, AreAllGood) {
    int examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
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
    EXPECT_EQ(dump(*result.configuration),
              "links[0].name north\n"
              "links[0].outside 0000:3b:00.0\n"
              "links[0].inside 0000:3b:00.1\n"
              "links[1].name south\n"
              "links[1].outside 0000:af:00.0\n"
              "links[1].inside 0000:af:00.1\n"
              "workers.cores [2, 3, 4, 6]\n"
              "workers.steering rss\n"
              "workers.clock tsc\n"
              "workers.idle_sleep 20us\n"
              "memory.hugepages on\n"
              "memory.size 4GiB\n"
              "memory.packet_buffers 128Ki\n"
              "memory.packet_buffer_size 2176\n"
              "flows.capacity 4Mi\n"
              "flows.half_open_timeout 5s\n"
              "flows.established_timeout 125min\n"
              "flows.half_closed_timeout 30min\n"
              "flows.closing_timeout 2min\n"
              "flows.time_wait_timeout 45s\n"
              "flows.on_expiry reset\n"
              "flows.pick_up 30s\n"
              "hold.connections 16Ki\n"
              "hold.segments 32Ki\n"
              "hold.segments_per_connection 4\n"
              "hold.first_retransmission 200ms\n"
              "hold.server_attempts 4\n"
              "mtu 9000\n"
              "report.interval 10s\n"
              "fragments forward\n"
              "sources.allow [203.0.113.0/24, 2001:db8:ffff::/48]\n"
              "sources.deny [192.0.2.66/32]\n"
              "sources.prefix.ipv4 26\n"
              "sources.prefix.ipv6 48\n"
              "sources.answers 2000/s\n"
              "sources.new_connections.rate 200/s\n"
              "sources.new_connections.burst 400\n"
              "sources.concurrent 1Ki\n"
              "cookies.key_lifetime 1min\n"
              "cookies.remember 128Ki\n"
              "cookies.syn_ack_retransmissions 2\n"
              "cookies.master_secret 000102030405060708090a0b0c0d0e0f\n"
              "admission.lifetime 5min\n"
              "admission.sources 128Ki\n"
              "control.socket /run/synward/north-south.sock\n"
              "control.group netops\n"
              "metrics.listen [::1]:9109\n"
              "log.format json\n"
              "log.level warning\n"
              "telemetry on\n"
              "dpdk.secondary_processes false\n"
              "dpdk.file_prefix north-south\n"
              "eal [--log-level=lib.eal:debug]\n"
              "services.web.name web\n"
              "services.web.addresses [192.0.2.0/28, 2001:db8:1::/64]\n"
              "services.web.ports [80, 443, 8000-8080]\n"
              "services.web.challenge over-budget\n"
              "services.web.method cookie\n"
              "services.web.sees both\n"
              "services.web.syn_data forward\n"
              "services.web.budget 16Ki\n"
              "services.web.allow []\n"
              "services.web.deny []\n"
              "services.web.probe false\n"
              "services.web.server.mss 1460\n"
              "services.web.server.window_scale 7\n"
              "services.web.server.sack true\n"
              "services.web.server.timestamps true\n"
              "services.web.server.ecn false\n"
              "services.mail.name mail\n"
              "services.mail.addresses [192.0.2.25/32]\n"
              "services.mail.ports [25, 465, 587, 993]\n"
              "services.mail.challenge always\n"
              "services.mail.method reset\n"
              "services.mail.sees clients\n"
              "services.mail.syn_data strip\n"
              "services.mail.budget 512\n"
              "services.mail.allow [198.51.100.25/32]\n"
              "services.mail.deny [198.51.100.0/24]\n"
              "services.mail.probe true\n"
              "services.mail.server.mss -\n"
              "services.mail.server.window_scale -\n"
              "services.mail.server.sack -\n"
              "services.mail.server.timestamps -\n"
              "services.mail.server.ecn -\n"
              "services.build-host.name build-host\n"
              "services.build-host.addresses [192.0.2.14/32]\n"
              "services.build-host.ports -\n"
              "services.build-host.challenge never\n"
              "services.build-host.method cookie\n"
              "services.build-host.sees both\n"
              "services.build-host.syn_data forward\n"
              "services.build-host.budget 1Ki\n"
              "services.build-host.allow []\n"
              "services.build-host.deny []\n"
              "services.build-host.probe true\n"
              "services.build-host.server.mss -\n"
              "services.build-host.server.window_scale -\n"
              "services.build-host.server.sack -\n"
              "services.build-host.server.timestamps -\n"
              "services.build-host.server.ecn -\n"
              "services.new-shop.name new-shop\n"
              "services.new-shop.addresses [2001:db8:2::80/128]\n"
              "services.new-shop.ports [443]\n"
              "services.new-shop.challenge monitor\n"
              "services.new-shop.method cookie\n"
              "services.new-shop.sees both\n"
              "services.new-shop.syn_data forward\n"
              "services.new-shop.budget 2Ki\n"
              "services.new-shop.allow []\n"
              "services.new-shop.deny []\n"
              "services.new-shop.probe true\n"
              "services.new-shop.server.mss -\n"
              "services.new-shop.server.window_scale -\n"
              "services.new-shop.server.sack -\n"
              "services.new-shop.server.timestamps -\n"
              "services.new-shop.server.ecn -\n");
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
