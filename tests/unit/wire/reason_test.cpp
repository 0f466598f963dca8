// SPDX-License-Identifier: BSD-3-Clause
#include "wire/reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace synward::wire {
namespace {

// Names are what dashboards and scripts hold on to.
TEST(Reason, NamesAreUniqueAndPlain) {
    std::set<std::string_view> names;
    for (const ReasonDescription& reason : kReasons) {
        EXPECT_TRUE(names.insert(reason.name).second) << reason.name;
        EXPECT_FALSE(reason.text.empty()) << reason.name;
        EXPECT_TRUE(std::all_of(reason.name.begin(), reason.name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        })) << reason.name;
    }
}

TEST(Reason, EnumeratorsFindTheirDescriptions) {
    EXPECT_EQ(description(Reason::kNotTcp).name, "not_tcp");
    EXPECT_EQ(description(Reason::kIpv6MappedAddress).name, "ipv6_mapped_address");
    EXPECT_EQ(disposition(Reason::kTcpDataOffset), Disposition::kDropped);
    EXPECT_EQ(disposition(Reason::kNotTcp), Disposition::kForwarded);
}

}  // namespace
}  // namespace synward::wire
