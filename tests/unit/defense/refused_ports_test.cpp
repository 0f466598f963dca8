// SPDX-License-Identifier: BSD-3-Clause
#include "defense/refused_ports.h"

#include <gtest/gtest.h>

#include <memory>

#include "tcp/tuple_hash.h"

namespace synward::defense {
namespace {

constexpr tcp::Time kNow{std::chrono::seconds{1'700'000'000}};

tcp::Block key_of(unsigned port) {
    static const tcp::TupleHasher hasher{tcp::Secret{1, 2, 3}};
    wire::FourTuple inside;
    inside.inside_port = static_cast<std::uint16_t>(port);
    return hasher(inside);
}

TEST(RefusedPorts, RememberEveryOneOfAThousand) {
    const auto ports = std::make_unique<RefusedPorts>();
    for (unsigned port = 1; port <= 1000; ++port) {
        ports->remember(key_of(port), kNow);
    }
    for (unsigned port = 1; port <= 1000; ++port) {
        ASSERT_TRUE(ports->has_refused(key_of(port), kNow)) << port;
        ASSERT_FALSE(ports->has_refused(key_of(port), kNow + RefusedPorts::kMemory)) << port;
    }
    EXPECT_FALSE(ports->has_refused(key_of(1001), kNow));
    ports->forget(key_of(7));
    EXPECT_FALSE(ports->has_refused(key_of(7), kNow));
    EXPECT_TRUE(ports->has_refused(key_of(8), kNow));
}

TEST(RefusedPorts, GiveUpTheOldestOfASet) {
    const auto ports = std::make_unique<RefusedPorts>();
    for (std::uint64_t number = 1; number <= 9; ++number) {
        ports->remember({5, number}, kNow + std::chrono::milliseconds{number});
    }
    EXPECT_FALSE(ports->has_refused({5, 1}, kNow));
    for (std::uint64_t number = 2; number <= 9; ++number) {
        EXPECT_TRUE(ports->has_refused({5, number}, kNow)) << number;
    }
}

}  // namespace
}  // namespace synward::defense
