// SPDX-License-Identifier: BSD-3-Clause
#include "worker/policy_exchange.h"

#include <gtest/gtest.h>

#include "support/dialogue.h"

namespace synward::worker {
namespace {

std::unique_ptr<PolicyExchange::Issue> issue_after(const PolicyExchange& exchange) {
    const auto& current = exchange.current();
    return std::make_unique<PolicyExchange::Issue>(PolicyExchange::Issue{
        defense::PolicyGeneration{test::policy_with(defense::Challenge::kNever), current,
                                  current.number()},
        {}});
}

TEST(PolicyExchange, FreesWhatWorkersHaveLeftBehindAndNothingElse) {
    PolicyExchange exchange{2, test::policy_with(defense::Challenge::kAlways)};
    exchange.is_online(0);
    exchange.is_online(1);
    EXPECT_EQ(exchange.latest().generation.number(), 1U);
    exchange.publish(issue_after(exchange));
    EXPECT_EQ(exchange.latest().generation.number(), 2U);
    EXPECT_EQ(exchange.reclaim(), 1U);
    exchange.is_quiescent(0);
    EXPECT_EQ(exchange.reclaim(), 1U) << "the other worker may still hold it";
    exchange.is_quiescent(1);
    EXPECT_EQ(exchange.reclaim(), 0U);
}

TEST(PolicyExchange, WaitsForNoWorkerThatSleeps) {
    PolicyExchange exchange{2, test::policy_with(defense::Challenge::kAlways)};
    exchange.is_online(0);
    exchange.publish(issue_after(exchange));
    exchange.is_quiescent(0);
    EXPECT_EQ(exchange.reclaim(), 0U) << "worker 1 has never begun";
    exchange.is_online(1);
    exchange.publish(issue_after(exchange));
    exchange.is_quiescent(0);
    EXPECT_EQ(exchange.reclaim(), 1U);
    exchange.is_offline(1);
    EXPECT_EQ(exchange.reclaim(), 0U);
}

TEST(PolicyExchange, FreesManyInTheirOrder) {
    PolicyExchange exchange{1, test::policy_with(defense::Challenge::kAlways)};
    exchange.is_online(0);
    for (unsigned number = 0; number < 5; ++number) {
        exchange.publish(issue_after(exchange));
    }
    EXPECT_EQ(exchange.reclaim(), 5U);
    exchange.is_quiescent(0);
    EXPECT_EQ(exchange.reclaim(), 0U);
    EXPECT_EQ(exchange.latest().generation.number(), 6U);
}

}  // namespace
}  // namespace synward::worker
