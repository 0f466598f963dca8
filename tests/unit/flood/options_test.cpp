// SPDX-License-Identifier: BSD-3-Clause
#include "flood/options.h"

#include <gtest/gtest.h>

#include <string>

#include "flood/kinds.h"

namespace synward::flood {
namespace {

std::variant<Options, int> parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "synward-flood");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

Options accepted(const std::vector<const char*>& arguments) {
    return std::get<Options>(parsed(arguments));
}

/// What it says on the error stream; empty when it is accepted.
std::string refusal(const std::vector<const char*>& arguments) {
    testing::internal::CaptureStderr();
    const auto result = parsed(arguments);
    const std::string said = testing::internal::GetCapturedStderr();
    if (const int* status = std::get_if<int>(&result)) {
        EXPECT_EQ(*status, 2);
        return said;
    }
    return {};
}

TEST(FloodOptions, AreReadFromTheCommandLine) {
    const Options options = accepted({"--port",
                                      "net_af_packet0,iface=flood0",
                                      "--kind",
                                      "mixed",
                                      "--destination",
                                      "10.0.0.2",
                                      "--destination",
                                      "2001:db8::2",
                                      "--destination-port",
                                      "80,443",
                                      "--destination-port",
                                      "8000-8080",
                                      "--source-prefix",
                                      "203.0.113.0/24",
                                      "--source-port",
                                      "5000-6000",
                                      "--sources",
                                      "100",
                                      "--rate",
                                      "100k",
                                      "--duration",
                                      "10s",
                                      "--count",
                                      "1M",
                                      "--destination-mac",
                                      "02:00:00:00:00:02",
                                      "--source-mac",
                                      "02:00:00:00:00:01",
                                      "--vlan",
                                      "7",
                                      "--options",
                                      "no-timestamps",
                                      "--payload",
                                      "9",
                                      "--seed",
                                      "42",
                                      "--core",
                                      "1",
                                      "--json",
                                      "--no-receive",
                                      "--",
                                      "--log-level",
                                      "debug"});
    const FloodSpecification& flood = options.specification;
    EXPECT_EQ(options.port, "net_af_packet0,iface=flood0");
    EXPECT_EQ(flood.kind, FloodKind::kMixed);
    ASSERT_EQ(flood.destinations.size(), 2U);
    EXPECT_EQ(flood.destinations[1], *wire::Address::parse("2001:db8::2"));
    EXPECT_EQ(flood.destination_ports,
              (std::vector<PortRange>{{80, 80}, {443, 443}, {8000, 8080}}));
    EXPECT_EQ(flood.source_prefixes, std::vector{*wire::Prefix::parse("203.0.113.0/24")});
    EXPECT_EQ(flood.source_ports, (PortRange{5000, 6000}));
    EXPECT_EQ(flood.sources, 100U);
    EXPECT_EQ(flood.destination_mac, (MacAddress{2, 0, 0, 0, 0, 2}));
    EXPECT_EQ(flood.source_mac, (MacAddress{2, 0, 0, 0, 0, 1}));
    EXPECT_TRUE(options.source_mac_given);
    EXPECT_EQ(flood.vlan, 7);
    EXPECT_EQ(flood.options, HandshakeStyle::kNoTimestamps);
    EXPECT_EQ(flood.payload_length, 9);
    EXPECT_EQ(flood.seed, 42U);
    EXPECT_EQ(options.rate, 100e3);
    EXPECT_EQ(options.duration, std::chrono::seconds{10});
    EXPECT_EQ(options.count, 1'000'000U);
    EXPECT_EQ(options.core, 1U);
    EXPECT_TRUE(options.json);
    EXPECT_FALSE(options.receive);
    EXPECT_EQ(options.eal_arguments, (std::vector<std::string>{"--log-level", "debug"}));
}

TEST(FloodOptions, HaveDefaults) {
    const Options options =
        accepted({"--write", "a.pcap", "--destination", "10.0.0.2", "--count", "1"});
    EXPECT_EQ(options.specification.kind, FloodKind::kSyn);
    EXPECT_EQ(options.specification.destination_ports, (std::vector<PortRange>{{80, 80}}));
    EXPECT_EQ(options.specification.options, HandshakeStyle::kLinux);
    EXPECT_EQ(options.rate, 0);
    EXPECT_FALSE(options.source_mac_given);
    EXPECT_TRUE(options.receive);
    EXPECT_TRUE(options.eal_arguments.empty());
}

TEST(FloodOptions, NameEveryKind) {
    constexpr std::pair<const char*, FloodKind> kNames[]{
        {"syn", FloodKind::kSyn},        {"ack", FloodKind::kAck},
        {"fin", FloodKind::kFin},        {"rst", FloodKind::kRst},
        {"syn-ack", FloodKind::kSynAck}, {"mixed", FloodKind::kMixed},
        {"data", FloodKind::kData},      {"null", FloodKind::kNull},
        {"xmas", FloodKind::kXmas},      {"fragment", FloodKind::kFragment}};
    for (const auto& [name, kind] : kNames) {
        const Options options = accepted(
            {"--write", "a.pcap", "--destination", "10.0.0.2", "--count", "1", "--kind", name});
        EXPECT_EQ(options.specification.kind, kind) << name;
        EXPECT_EQ(name_of(kind), name);
    }
}

TEST(FloodOptions, SleepWhereThatCostsNoRate) {
    struct Case {
        std::vector<const char*> arguments;
        bool sleep;
    };
    const Case cases[] = {
        {{"--port", "net_af_packet0,iface=a", "--rate", "1k"}, true},
        {{"--port", "net_af_packet0,iface=a"}, false},
        {{"--port", "net_null0", "--rate", "1k"}, false},
        {{"--port", "net_ring0", "--rate", "1k"}, false},
        {{"--port", "0000:01:00.0", "--allow-pci", "--rate", "1k"}, false},
        {{"--port", "net_null0", "--rate", "1k", "--sleep"}, true},
        {{"--port", "net_af_packet0,iface=a", "--rate", "1k", "--no-sleep"}, false},
    };
    for (const Case& expected : cases) {
        std::vector<const char*> arguments = expected.arguments;
        arguments.insert(arguments.end(),
                         {"--destination", "10.0.0.2", "--destination-mac", "02:00:00:00:00:02"});
        EXPECT_EQ(accepted(arguments).sleep, expected.sleep) << arguments[1];
    }
}

TEST(FloodOptions, AreRefusedWithTheReason) {
    struct Case {
        std::vector<const char*> arguments;
        const char* said;
    };
    const Case cases[] = {
        {{"--destination", "10.0.0.2"}, "--port or --write"},
        {{"--port", "net_null0", "--destination-mac", "02:00:00:00:00:02"}, "--destination"},
        {{"--port", "net_null0", "--destination", "10.0.0.2"}, "--destination-mac is required"},
        {{"--port", "0000:01:00.0", "--destination", "10.0.0.2", "--destination-mac",
          "02:00:00:00:00:02"},
         "--allow-pci"},
        {{"--port", "net_null0", "--destination", "10.0.0.2", "--destination-mac",
          "ff:ff:ff:ff:ff:ff"},
         "'ff:ff:ff:ff:ff:ff' is no unicast MAC address"},
        {{"--write", "a.pcap", "--destination", "10.0.0.2"}, "--write needs --count"},
        {{"--write", "a.pcap", "--destination", "10.0.0.2", "--duration", "1s"}, "--write needs"},
        {{"--write", "a.pcap", "--port", "net_null0", "--destination", "10.0.0.2"}, "excludes"},
        {{"--destination", "10.0.0"}, "'10.0.0' is no IPv4 or IPv6 address"},
        {{"--destination", "10.0.0.2", "--kind", "udp"}, "'udp' is no kind"},
        {{"--destination", "10.0.0.2", "--rate", "fast"}, "'fast' is no rate"},
        {{"--destination", "10.0.0.2", "--source-prefix", "198.18.0.1/15"}, "is no network"},
        {{"--destination", "10.0.0.2", "--source-port", "1,2"}, "is no port or range"},
        {{"--destination", "10.0.0.2", "--vlan", "4095"}, "--vlan"},
        {{"--destination", "10.0.0.2", "--payload", "1401"}, "--payload"},
        {{"--destination", "10.0.0.2", "--unknown"}, "--unknown"},
    };
    for (const Case& expected : cases) {
        EXPECT_NE(refusal(expected.arguments).find(expected.said), std::string::npos)
            << expected.said << "\nbut:\n"
            << refusal(expected.arguments);
    }
}

}  // namespace
}  // namespace synward::flood
