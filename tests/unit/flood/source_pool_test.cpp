// SPDX-License-Identifier: BSD-3-Clause
#include "flood/source_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace synward::flood {
namespace {

std::vector<wire::Prefix> prefixes(const std::vector<std::string>& texts) {
    std::vector<wire::Prefix> result;
    for (const std::string& text : texts) {
        result.push_back(*wire::Prefix::parse(text));
    }
    return result;
}

wire::Address address_of(const SourcePool::Source& source) {
    const wire::Big64 halves[] = {wire::Big64::from_host(source.high),
                                  wire::Big64::from_host(source.low)};
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), halves, sizeof halves);
    return wire::Address::from_ipv6(bytes.data());
}

std::map<wire::Address, int> picked(const std::vector<wire::Prefix>& from, std::uint32_t sources,
                                    int count) {
    const SourcePool pool{from, sources};
    Random random{1};
    std::map<wire::Address, int> result;
    for (int i = 0; i < count; ++i) {
        ++result[address_of(pool.pick(random))];
    }
    return result;
}

struct Case {
    std::vector<std::string> prefixes;
    std::uint32_t sources;
    std::size_t distinct;
};
const Case kCases[] = {
    {{"198.18.0.0/24"}, 0, 256},
    {{"198.18.0.7"}, 0, 1},
    {{"198.18.0.0/15"}, 100, 100},
    {{"198.18.0.0/24"}, 1000, 256},                   // more than there are
    {{"198.18.0.0/24", "203.0.113.0/24"}, 101, 101},  // an uneven share
    {{"198.18.0.0/24", "203.0.113.0/24"}, 1, 1},
    {{"2001:2::/48"}, 250, 250},
    {{"2001:2::/64"}, 250, 250},
    {{"2001:2::/120"}, 0, 256},
    {{"2001:2::1/128", "2001:2:0:1::/64"}, 101, 51},  // the first has one, not its 51
    {{"::/0"}, 300, 300},
};

TEST(SourcePool, GivesAsManyDistinctAddressesOfThePrefixesAsAskedFor) {
    for (const Case& expected : kCases) {
        const auto from = prefixes(expected.prefixes);
        const auto seen = picked(from, expected.sources, 20000);
        EXPECT_EQ(seen.size(), expected.distinct) << expected.prefixes.front();
        for (const auto& [address, count] : seen) {
            EXPECT_TRUE(std::ranges::any_of(from, [&](const wire::Prefix& prefix) {
                return prefix.contains(address);
            })) << address.text();
        }
    }
}

TEST(SourcePool, SpreadsOverAWholePrefix) {
    // Of 2^17 addresses 20,000 picks meet 20,000 less about 1,450 twice.
    const auto distinct = picked(prefixes({"198.18.0.0/15"}), 0, 20000).size();
    EXPECT_NEAR(static_cast<double>(distinct), 18570, 250);
    const auto seen = picked(prefixes({"2001:2::/48"}), 0, 2000);
    EXPECT_EQ(seen.size(), 2000U);
    std::set<wire::Address> networks;
    for (const auto& [address, count] : seen) {
        networks.insert(wire::masked(address, 64));
    }
    EXPECT_GT(networks.size(), 1900U);
}

TEST(SourcePool, ScattersALimitedNumberOverThePrefix) {
    std::set<wire::Address> networks;
    for (const auto& [address, count] : picked(prefixes({"198.18.0.0/15"}), 512, 20000)) {
        networks.insert(wire::masked(address, 96 + 20));  // 32 of them in the prefix
    }
    EXPECT_EQ(networks.size(), 32U);
}

TEST(SourcePool, UsesEveryPrefixAsOftenWhateverItsSize) {
    const wire::Prefix small = *wire::Prefix::parse("203.0.113.0/28");
    int from_small = 0;
    for (const auto& [address, count] :
         picked(prefixes({"198.18.0.0/15", "203.0.113.0/28"}), 0, 10000)) {
        from_small += small.contains(address) ? count : 0;
    }
    EXPECT_NEAR(from_small, 5000, 300);  // 6 standard deviations
}

TEST(SourcePool, NeedsAPrefix) {
    EXPECT_THROW((SourcePool{{}, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace synward::flood
