// SPDX-License-Identifier: BSD-3-Clause
#include "flood/text_values.h"

#include <gtest/gtest.h>

namespace synward::flood {
namespace {

using std::chrono::nanoseconds;

TEST(TextValues, Rate) {
    const std::pair<const char*, std::optional<double>> cases[] = {
        {"0", 0},        {"100000", 100e3}, {"100k", 100e3},    {"100K", 100e3},
        {"1.5M", 1.5e6}, {"1G", 1e9},       {"", std::nullopt}, {"k", {}},
        {"-1", {}},      {"1 k", {}},       {"10kk", {}},       {"nan", {}},
        {"inf", {}},     {"1e400", {}},     {"10m", {}},        {"9999999G", {}},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(parse_rate(text), expected) << text;
    }
}

TEST(TextValues, Duration) {
    const std::pair<const char*, std::optional<nanoseconds>> cases[] = {
        {"10s", std::chrono::seconds{10}},
        {"10", std::chrono::seconds{10}},
        {"500ms", std::chrono::milliseconds{500}},
        {"0.25s", std::chrono::milliseconds{250}},
        {"2m", std::chrono::minutes{2}},
        {"1h", std::chrono::hours{1}},
        {"0s", std::nullopt},
        {"-1s", std::nullopt},
        {"s", std::nullopt},
        {"10x", std::nullopt},
        {"1e12", std::nullopt},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(parse_duration(text), expected) << text;
    }
}

TEST(TextValues, PortRanges) {
    using Ranges = std::vector<PortRange>;
    const std::pair<const char*, std::optional<Ranges>> cases[] = {
        {"80", Ranges{{80, 80}}},
        {"80,443,8000-8080", Ranges{{80, 80}, {443, 443}, {8000, 8080}}},
        {"1-65535", Ranges{{1, 65535}}},
        {"0", std::nullopt},
        {"65536", std::nullopt},
        {"9-8", std::nullopt},
        {"80,", std::nullopt},
        {"80-", std::nullopt},
        {"", std::nullopt},
        {"http", std::nullopt},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(parse_port_ranges(text), expected) << text;
    }
}

TEST(TextValues, UnicastMac) {
    EXPECT_EQ(parse_unicast_mac("52:54:00:12:aB:ff"),
              (MacAddress{0x52, 0x54, 0x00, 0x12, 0xab, 0xff}));
    for (const char* text : {"ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "52:54:00:12:34",
                             "52-54-00-12-34-56", "52:54:00:12:34:5g", "52:54:00:12:34:567", ""}) {
        EXPECT_EQ(parse_unicast_mac(text), std::nullopt) << text;
    }
}

TEST(TextValues, PciAddress) {
    for (const char* text : {"0000:01:00.0", "01:00.1", "0000:AF:1f.7", "pci:0000:01:00.0",
                             "0000:01:00.0,representor=0"}) {
        EXPECT_TRUE(is_pci_address(text)) << text;
    }
    for (const char* text : {"net_af_packet0,iface=flood0", "net_null0", "", "01:00", "01:00.8",
                             "52:54:00:12:34:56"}) {
        EXPECT_FALSE(is_pci_address(text)) << text;
    }
}

}  // namespace
}  // namespace synward::flood
