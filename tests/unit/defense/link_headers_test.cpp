// SPDX-License-Identifier: BSD-3-Clause
#include "defense/link_headers.h"

#include <gtest/gtest.h>

#include "defense/address_hash.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using test::address;
using wire::Side;

wire::Address numbered(unsigned number) {
    return address("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256));
}
LinkHeader header(std::uint8_t mark, std::uint16_t port = 1) {
    const test::Bytes frame(64, mark);
    return LinkHeader::of(frame, 14, Side::kInside, port);
}

TEST(LinkHeader, IsAllInFrontOfTheIpHeader) {
    for (const unsigned tags : {0U, 1U, 2U}) {
        test::FrameBuilder builder;
        builder.macs({1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12})
            .ipv4("10.0.0.1", "10.0.0.2")
            .tcp(1, 2);
        for (unsigned tag = 0; tag < tags; ++tag) {
            builder.vlan(100 + tag);
        }
        const test::Bytes frame = builder.bytes();
        const LinkHeader found = LinkHeader::of(frame, 14 + 4 * tags, Side::kInside, 7);
        EXPECT_TRUE(found.is_known());
        EXPECT_EQ(found.length, 14 + 4 * tags);
        EXPECT_TRUE(
            std::equal(found.bytes.begin(), found.bytes.begin() + found.length, frame.begin()));
        EXPECT_EQ(found.from, Side::kInside);
        EXPECT_EQ(found.port, 7);
    }
}

TEST(LinkHeaders, KeepTheLatestOfEachAddress) {
    LinkHeaders headers{1};
    EXPECT_EQ(headers.find(address("10.0.0.1")), nullptr);
    headers.remember(address("10.0.0.1"), header(1));
    headers.remember(address("2001:db8::1"), header(2));
    headers.remember(address("10.0.0.1"), header(3, 9));
    ASSERT_NE(headers.find(address("10.0.0.1")), nullptr);
    EXPECT_EQ(*headers.find(address("10.0.0.1")), header(3, 9));
    EXPECT_EQ(*headers.find(address("2001:db8::1")), header(2));
    EXPECT_EQ(headers.find(address("10.0.0.2")), nullptr);
    EXPECT_EQ(headers.find(wire::Address{}), nullptr) << "an empty place is nobody's";
}

TEST(LinkHeaders, HaveRoomForAsManyAsTheySayNearlyAndForTheNewestAlways) {
    LinkHeaders headers{2};
    for (unsigned number = 0; number < LinkHeaders::kPlaces; ++number) {
        headers.remember(numbered(number), header(1, static_cast<std::uint16_t>(number)));
        const LinkHeader* const found = headers.find(numbered(number));
        ASSERT_NE(found, nullptr);
        ASSERT_EQ(found->port, number);
    }
    unsigned kept = 0;
    for (unsigned number = 0; number < LinkHeaders::kPlaces; ++number) {
        kept += headers.find(numbered(number)) != nullptr ? 1U : 0U;
    }
    EXPECT_GE(kept, LinkHeaders::kPlaces * 3 / 4);
}

TEST(AddressHash, DependsOnEveryBitAndOnItsKey) {
    const wire::Address base = address("2001:db8::1");
    const std::uint64_t hash = address_hash(base, 0, 1);
    EXPECT_NE(hash, address_hash(base, 1, 1));
    EXPECT_NE(hash, address_hash(base, 0, 2));
    for (unsigned bit = 0; bit < 128; ++bit) {
        wire::Address other = base;
        other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_NE(hash, address_hash(other, 0, 1)) << bit;
    }
}

}  // namespace
}  // namespace synward::defense
