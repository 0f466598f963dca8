// SPDX-License-Identifier: BSD-3-Clause
#include "config/values.h"

#include <gtest/gtest.h>

namespace synward::config {
namespace {

template <typename T>
bool is_good(const Parsed<T>& parsed) {
    return !std::holds_alternative<Problem>(parsed);
}

TEST(Names, LettersDigitsAndThreeMore) {
    for (const char* text : {"a", "web", "Web-1_x.y", "0", "-", "."}) {
        EXPECT_TRUE(is_good(parse_name(text))) << text;
    }
    for (const char* text : {"", "a b", "a/b", "a,b", "a:b", "caf\u00e9", "a\"", "a\n"}) {
        EXPECT_FALSE(is_good(parse_name(text))) << text;
    }
    EXPECT_TRUE(is_good(parse_name(std::string(64, 'a'))));
    EXPECT_FALSE(is_good(parse_name(std::string(65, 'a'))));
}

TEST(Devices, PciAddressesAndVirtualDevices) {
    for (const char* text :
         {"0000:3b:00.0", "3b:00.0", "0000:AF:1f.7", "3b:00.0,rss=1", "net_null0", "net_ring12",
          "net_af_packet0,iface=eth0", "net_pcap0,rx_pcap=a b.pcap,tx_pcap=c.pcap",
          "net_tap0,iface=t0,mac=00:11:22:33:44:55", "net_e1000_em0"}) {
        EXPECT_TRUE(is_good(parse_device(text))) << text;
    }
    for (const char* text : {"", "eth0", "net_", "net_0", "net_tap", "net_tap0 ", "net_tap0;x",
                             "0000:3b:00.8", "3b:00", "00:3b:00.0", "3b:00.0 ", "000g:3b:00.0",
                             "pci:0000:3b:00.0", "crypto_null0", ",", "net_Tap0"}) {
        EXPECT_FALSE(is_good(parse_device(text))) << text;
    }
}

TEST(Devices, IdentityIsWithoutArgumentsAndInFull) {
    EXPECT_EQ(device_identity("3B:00.0"), "0000:3b:00.0");
    EXPECT_EQ(device_identity("0000:3b:00.0,a=b"), "0000:3b:00.0");
    EXPECT_EQ(device_identity("0001:3b:00.0"), "0001:3b:00.0");
    EXPECT_EQ(device_identity("net_tap0,iface=T"), "net_tap0");
    EXPECT_EQ(device_identity(""), "");
}

TEST(Prefixes, AddressesAndNetworks) {
    struct {
        const char* text;
        const char* prefix;
    } const good[] = {
        {"10.0.0.2", "10.0.0.2/32"},
        {"10.0.0.0/24", "10.0.0.0/24"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"10.0.0.2/32", "10.0.0.2/32"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"2001:DB8::/32", "2001:db8::/32"},
        {"::/0", "::/0"},
    };
    for (const auto& [text, prefix] : good) {
        const auto parsed = parse_prefix(text);
        ASSERT_TRUE(is_good(parsed)) << text;
        EXPECT_EQ(std::get<wire::Prefix>(parsed).text(), prefix);
    }
    for (const char* text :
         {"", "/", "/24", "10.0.0", "10.0.0.256", "10.0.0.2 ", "10.0.0.0/", "10.0.0.0/33",
          "10.0.0.0/-1", "10.0.0.0/024", "10.0.0.0/24/24", "10.0.0.0/255.255.255.0", "::/129",
          "2001:db8::1%eth0", "[::1]", "localhost", "::g"}) {
        EXPECT_FALSE(is_good(parse_prefix(text))) << text;
    }
}

TEST(Prefixes, HostBitsAreRefusedWithTheNetworkProposed) {
    struct {
        const char* text;
        const char* network;
    } const cases[] = {
        {"10.0.0.2/24", "10.0.0.0/24"},      {"10.0.0.129/25", "10.0.0.128/25"},
        {"10.0.0.3/31", "10.0.0.2/31"},      {"1.2.3.4/0", "0.0.0.0/0"},
        {"2001:db8::1/64", "2001:db8::/64"},
    };
    for (const auto& [text, network] : cases) {
        const auto parsed = parse_prefix(text);
        ASSERT_FALSE(is_good(parsed)) << text;
        EXPECT_EQ(std::get<Problem>(parsed).suggestion.value_or(""), network);
    }
}

TEST(Secrets, ThirtyTwoHexadecimalDigits) {
    const auto parsed = parse_secret("000102030405060708090a0b0c0d0EfF");
    ASSERT_TRUE(is_good(parsed));
    EXPECT_EQ(std::get<Secret>(parsed),
              (Secret{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}));
    for (const char* text :
         {"", "00", "000102030405060708090a0b0c0d0e0", "0x0102030405060708090a0b0c0d0e0f",
          "000102030405060708090a0b0c0d0e0f0", "-00102030405060708090a0b0c0d0e0f"}) {
        EXPECT_FALSE(is_good(parse_secret(text))) << text;
    }
}

TEST(Listeners, AreAnAddressAndAPort) {
    for (const char* text : {"127.0.0.1:9108", "0.0.0.0:1", "[::1]:65535", "[2001:db8::1]:80"}) {
        const auto parsed = parse_listener(text);
        ASSERT_TRUE(is_good(parsed)) << text;
        EXPECT_EQ(std::get<std::string>(parsed), text);
    }
    EXPECT_EQ(std::get<std::string>(parse_listener("off")), "");
    for (const char* text :
         {"", "on", "9108", ":9108", "localhost:9108", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
          "127.0.0.1:65536", "127.0.0.1:+1", "::1:9108", "[::1]", "[::1]9108", "[127.0.0.1]:9108",
          "[]:9108", "[::ffff:127.0.0.1]:9108", "127.0.0.1/8:9108"}) {
        EXPECT_FALSE(is_good(parse_listener(text))) << text;
    }
}

TEST(EalArguments, WhatSynwardSetsIsRefused) {
    for (const char* text :
         {"--log-level=lib.eal:debug", "--iova-mode=va", "-n", "4", "-n4",
          "--force-max-simd-bitwidth=512", "lib.eal:debug", "-d", "a.so", "=x"}) {
        EXPECT_TRUE(is_good(parse_eal_argument(text))) << text;
    }
    // "--vd" and "--lcor": the EAL completes the names of options.
    for (const char* text : {"-l",          "-l0-3",
                             "--lcores",    "--lcores=0",
                             "--lcor=0",    "--main-lcore=1",
                             "-c",          "-c0xf",
                             "--vdev",      "--vdev=net_null0",
                             "--vd",        "-a",
                             "--allow=x",   "-b",
                             "-m",          "-m512",
                             "--no-huge",   "--in-memory",
                             "--no-shconf", "--file-prefix=x",
                             "--no-pci",    "--socket-mem=1",
                             "--",          "",
                             "-h"}) {
        EXPECT_FALSE(is_good(parse_eal_argument(text))) << text;
    }
    EXPECT_EQ(std::get<Problem>(parse_eal_argument("-m512")).suggestion, "memory.size");
    EXPECT_EQ(std::get<Problem>(parse_eal_argument("--file-prefix=x")).suggestion,
              "dpdk.file_prefix");
    EXPECT_EQ(std::get<Problem>(parse_eal_argument("--help")).suggestion, std::nullopt);
}

TEST(Values, SocketPathsMustFitIntoASocketAddress) {
    const std::string longest = "/" + std::string(106, 's');
    EXPECT_EQ(std::get<std::string>(parse_socket_path(longest)), longest);
    EXPECT_FALSE(is_good(parse_socket_path(longest + "s")));
    EXPECT_EQ(std::get<std::string>(parse_socket_path("off")), "");
    for (const char* text : {"", "s", "./s", "run/s", "/run/", "/", "none"}) {
        EXPECT_FALSE(is_good(parse_socket_path(text))) << text;
    }
}

}  // namespace
}  // namespace synward::config
