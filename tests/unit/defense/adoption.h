// SPDX-License-Identifier: BSD-3-Clause
//
// Policies that follow each other.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "exchange.h"

namespace synward::defense {

inline constexpr std::uint32_t kBudget = 4;

inline ServicePolicy& web(Policy& policy) {
    return policy.services.front();
}
inline Policy without_services() {
    Policy policy = one_service(Challenge::kOverBudget);
    policy.services.clear();
    return policy;
}
inline Policy renamed(Policy policy, const std::string& name, const std::string& address) {
    web(policy).name = name;
    web(policy).addresses = {*wire::Prefix::parse(address)};
    return policy;
}
inline Policy with_method_reset() {
    Policy policy = one_service(Challenge::kAlways);
    web(policy).method = Method::kReset;
    return policy;
}
/// Both ends go on, and close.
inline void expect_alive(Exchange& exchange) {
    ASSERT_NE(exchange.flow(), nullptr);
    EXPECT_EQ(exchange.send(exchange.client(wire::kAck, 1, 1, 10)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.server(wire::kAck, 1, 11, 20)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.client(wire::kFin | wire::kAck, 11, 21)).action,
              exchange.passes());
    EXPECT_EQ(exchange.send(exchange.server(wire::kFin | wire::kAck, 21, 12)).action,
              exchange.passes());
    EXPECT_EQ(exchange.send(exchange.client(wire::kAck, 12, 22)).action, exchange.passes());
}

}  // namespace synward::defense
