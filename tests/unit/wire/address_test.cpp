// SPDX-License-Identifier: BSD-3-Clause
#include "wire/address.h"

#include <gtest/gtest.h>

#include "support/wire.h"

namespace synward::wire {
namespace {

using test::address;

TEST(Address, TextReadsBack) {
    for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
        EXPECT_EQ(address(text).text(), text);
    }
    EXPECT_EQ(address("2001:DB8:0:0::1").text(), "2001:db8::1");
}

TEST(Address, RefusesWhatIsNoAddress) {
    for (const char* text :
         {"", " ", "192.0.2", "192.0.2.256", "192.0.2.1 ", "1.2.3.4/8", "01.2.3.4",
          ":::", "2001:db8::g", "[::1]", "fe80::1%eth0", "localhost", "1::2::3"}) {
        EXPECT_FALSE(Address::parse(text).has_value()) << text;
    }
}

TEST(Address, FamiliesAreTold) {
    EXPECT_TRUE(address("192.0.2.1").is_ipv4());
    EXPECT_TRUE(address("0.0.0.0").is_ipv4());
    EXPECT_FALSE(address("::").is_ipv4());
    EXPECT_FALSE(address("::192.0.2.1").is_ipv4());
    EXPECT_FALSE(address("::fffe:c000:201").is_ipv4());
    EXPECT_FALSE(address("1::ffff:c000:201").is_ipv4());
}

TEST(Address, MadeOfBytes) {
    const std::uint8_t four[] = {192, 0, 2, 1};
    EXPECT_EQ(Address::from_ipv4(four), address("192.0.2.1"));
    EXPECT_EQ(std::memcmp(Address::from_ipv4(four).ipv4(), four, 4), 0);
    const std::uint8_t sixteen[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    EXPECT_EQ(Address::from_ipv6(sixteen), address("2001:db8::9"));
}

TEST(Address, OrderedAsOnTheWire) {
    EXPECT_LT(address("10.0.0.1"), address("10.0.0.2"));
    EXPECT_LT(address("9.255.255.255"), address("10.0.0.0"));
    EXPECT_LT(address("2001:db8::ff"), address("2001:db8::1:0"));
}

TEST(Prefix, TextReadsBack) {
    for (const char* text : {"192.0.2.0/24", "0.0.0.0/0", "192.0.2.1/32", "128.0.0.0/1",
                             "2001:db8::/32", "::/0", "2001:db8::1/128", "2001:db8::2/127"}) {
        const auto prefix = Prefix::parse(text);
        ASSERT_TRUE(prefix.has_value()) << text;
        EXPECT_EQ(prefix->text(), text);
    }
    EXPECT_EQ(Prefix::parse("192.0.2.1")->text(), "192.0.2.1/32");
    EXPECT_EQ(Prefix::parse("2001:db8::1")->text(), "2001:db8::1/128");
}

TEST(Prefix, RefusesWhatIsNoPrefix) {
    for (const char* text :
         {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24x",
          "192.0.2.0/ 24", "192.0.2.0/24/24", "192.0.2.1/24", "192.0.2.0/22", "2001:db8::/129",
          "2001:db8::1/64", "192.0.2.0/256", "192.0.2.0/4294967320"}) {
        EXPECT_FALSE(Prefix::parse(text).has_value()) << text;
    }
}

struct ContainsCase {
    const char* prefix;
    const char* inside;
    const char* outside;
};

TEST(Prefix, Contains) {
    for (const auto& [prefix, inside, outside] : {
             ContainsCase{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
             ContainsCase{"198.18.0.0/15", "198.19.255.255", "198.20.0.0"},
             ContainsCase{"192.0.2.7/32", "192.0.2.7", "192.0.2.6"},
             ContainsCase{"0.0.0.0/0", "203.0.113.1", "2001:db8::1"},
             ContainsCase{"::/0", "2001:db8::1", "203.0.113.1"},
             ContainsCase{"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
             ContainsCase{"2001:2::/48", "2001:2:0:ffff::1", "2001:2:1::"},
             ContainsCase{"2001:db8::2/127", "2001:db8::3", "2001:db8::4"},
         }) {
        EXPECT_TRUE(Prefix::parse(prefix)->contains(address(inside))) << prefix;
        EXPECT_FALSE(Prefix::parse(prefix)->contains(address(outside))) << prefix;
    }
}

TEST(Masked, ClearsWhatLiesBehindTheLength) {
    const Address ones = address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (unsigned length = 0; length <= 128; ++length) {
        const Address result = masked(ones, length);
        for (unsigned bit = 0; bit < 128; ++bit) {
            const bool is_set = (result.bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0;
            ASSERT_EQ(is_set, bit < length) << length << " " << bit;
        }
    }
}

}  // namespace
}  // namespace synward::wire
