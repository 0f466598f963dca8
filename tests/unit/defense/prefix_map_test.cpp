// SPDX-License-Identifier: BSD-3-Clause
#include "defense/prefix_map.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "support/wire.h"

namespace synward::defense {
namespace {

using test::address;

using Map = PrefixMap<int>;

Map map_of(const std::vector<std::string>& prefixes) {
    std::vector<Map::Entry> entries;
    for (const std::string& text : prefixes) {
        entries.push_back({wire::Prefix::parse(text).value(), static_cast<int>(entries.size())});
    }
    return Map{entries};
}

int found(const Map& map, const std::string& text) {
    const int* const value = map.find(address(text));
    return value == nullptr ? -1 : *value;
}

TEST(PrefixMap, HasNothingWhenEmpty) {
    EXPECT_TRUE(Map{}.empty());
    EXPECT_EQ(found(Map{}, "192.0.2.1"), -1);
    EXPECT_EQ(found(Map{}, "::"), -1);
    EXPECT_FALSE(map_of({"::/0"}).empty());
    EXPECT_FALSE(map_of({"0.0.0.0/0"}).empty());
}

TEST(PrefixMap, TakesTheLongestPrefixInWhateverOrderTheyCome) {
    for (const bool reversed : {false, true}) {
        std::vector<std::string> prefixes{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3"};
        if (reversed) {
            std::ranges::reverse(prefixes);
        }
        const Map map = map_of(prefixes);
        const auto length_of = [&](const std::string& text) {
            const int number = found(map, text);
            return number < 0 ? -1 : (reversed ? 3 - number : number);
        };
        EXPECT_EQ(length_of("10.255.0.1"), 0);
        EXPECT_EQ(length_of("10.1.255.1"), 1);
        EXPECT_EQ(length_of("10.1.2.255"), 2);
        EXPECT_EQ(length_of("10.1.2.3"), 3);
        EXPECT_EQ(length_of("11.1.2.3"), -1);
        EXPECT_EQ(length_of("a01:203::"), -1);
    }
}

TEST(PrefixMap, KeepsTheFamiliesApartThoughIpv4IsMappedRfc4291Section2_5_5_2) {
    const Map six = map_of({"::/0", "::/64"});
    EXPECT_EQ(found(six, "::1"), 1);
    EXPECT_EQ(found(six, "2001:db8::1"), 0);
    EXPECT_EQ(found(six, "0.0.0.0"), -1);
    EXPECT_EQ(found(six, "192.0.2.1"), -1);
    const Map four = map_of({"0.0.0.0/0"});
    EXPECT_EQ(found(four, "192.0.2.1"), 0);
    EXPECT_EQ(found(four, "::1"), -1);
    EXPECT_EQ(found(four, "::"), -1);
}

TEST(PrefixMap, LetsTheFirstOfEqualPrefixesCount) {
    EXPECT_EQ(found(map_of({"192.0.2.0/24", "192.0.2.0/24"}), "192.0.2.9"), 0);
}

TEST(PrefixMap, FindsWhatGoingThroughAllPrefixesFinds) {
    std::mt19937 random{1};
    const auto below = [&](unsigned count) {
        return std::uniform_int_distribution<unsigned>{0, count - 1}(random);
    };
    const auto somewhere = [&] {
        wire::Address result = below(2) != 0 ? address("198.18.0.0") : address("2001:db8::");
        for (std::size_t i = result.is_ipv4() ? 13 : 4; i < result.bytes.size(); ++i) {
            result.bytes[i] = static_cast<std::uint8_t>(below(3) << below(8));
        }
        return result;
    };
    for (unsigned round = 0; round < 60; ++round) {
        std::vector<Map::Entry> entries;
        for (unsigned i = 0; i < 1 + round * 4; ++i) {
            wire::Prefix prefix{somewhere(), 0};
            prefix.length = static_cast<std::uint8_t>(below(prefix.is_ipv4() ? 33 : 129));
            prefix.address = wire::masked(prefix.address, prefix.mapped_length());
            entries.push_back({prefix, static_cast<int>(i)});
        }
        const Map map{entries};
        for (unsigned i = 0; i < 2000; ++i) {
            const wire::Address where = somewhere();
            const Map::Entry* best = nullptr;
            for (const Map::Entry& entry : entries) {
                if (entry.prefix.contains(where) &&
                    (best == nullptr || entry.prefix.length > best->prefix.length)) {
                    best = &entry;
                }
            }
            const int* const value = map.find(where);
            ASSERT_EQ(value == nullptr ? -1 : *value, best == nullptr ? -1 : best->value)
                << where.text() << ", round " << round;
        }
    }
}

// Operators' addresses differ in their last octets, and each packet pays for a poor hash.
TEST(PrefixMap, FindsTheHostsOfOneNetworkAtOnce) {
    const auto ipv4 = [](unsigned number, unsigned stride) {
        const unsigned value = number * stride;
        const std::array<std::uint8_t, 4> bytes{10, static_cast<std::uint8_t>(value >> 16U),
                                                static_cast<std::uint8_t>(value >> 8U),
                                                static_cast<std::uint8_t>(value)};
        return wire::Prefix{wire::Address::from_ipv4(bytes.data()), 32};
    };
    const auto ipv6 = [](unsigned number, unsigned octet) {
        wire::Prefix prefix{address("2001:db8::"), 128};
        prefix.address.bytes[octet - 1] = static_cast<std::uint8_t>(number >> 8U);
        prefix.address.bytes[octet] = static_cast<std::uint8_t>(number);
        return prefix;
    };
    for (unsigned variant = 0; variant < 5; ++variant) {
        std::vector<Map::Entry> entries;
        for (unsigned number = 0; number < 4096; ++number) {
            constexpr std::array<unsigned, 3> kStrides{1, 16, 256};
            constexpr std::array<unsigned, 2> kOctets{7, 15};
            entries.push_back(
                {variant < 3 ? ipv4(number, kStrides[variant]) : ipv6(number, kOctets[variant - 3]),
                 static_cast<int>(number)});
        }
        // Half full with linear probing, runs of some 20 are to be expected; not of hundreds.
        EXPECT_LT(Map{entries}.longest_search(), 64U) << "variant " << variant;
    }
}

}  // namespace
}  // namespace synward::defense
