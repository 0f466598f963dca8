// SPDX-License-Identifier: BSD-3-Clause
//
// Another policy for whole workers, between two batches.
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

defense::Policy without_services() {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.services.clear();
    return policy;
}

TEST(Adoption, TakesPlaceBeforeTheNextBatch) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    box.inject(Side::kOutside, talk.syn());
    box.engine().adopt(policy_with(Challenge::kNever));
    EXPECT_EQ(box.engine().policy().number(), 2U);
    box.run();
    EXPECT_EQ(box.count(Reason::kSynUnchallenged), 1U);
    EXPECT_EQ(box.count(Reason::kSynChallenged), 0U);
    EXPECT_EQ(box.engine().reclaim_policies(), 0U);
    for (const auto& worker : box.engine().workers()) {
        EXPECT_EQ(worker->policy_adopted(), 2U);
    }
}

TEST(Adoption, ConnectionsOfEachKindCarryOnThroughEveryChange) {
    RingBox box{policy_with(Challenge::kAlways), {.workers = 2, .queues = 2}};
    std::deque<Conversation> talks;
    for (unsigned client = 1; client <= 8; ++client) {
        talks.emplace_back(box, Conversation::Style{.ipv6 = client % 2 == 0, .client = client});
        talks.back().establish();
    }
    defense::Policy renamed = policy_with(Challenge::kOverBudget, 7);
    renamed.services[0].name = "another";
    renamed.services[0].addresses.pop_back();
    renamed.sources.answers = 3;
    renamed.sources.concurrent = 2;
    renamed.services[0].method = defense::Method::kReset;
    for (const defense::Policy& policy :
         {policy_with(Challenge::kNever), renamed, without_services(),
          policy_with(Challenge::kMonitor), without_services(), renamed,
          policy_with(Challenge::kAlways)}) {
        box.engine().adopt(policy);
        for (Conversation& talk : talks) {
            talk.expect_data_crosses();
        }
        box.advance(std::chrono::seconds{1});
        for (Conversation& talk : talks) {
            talk.expect_data_crosses();
        }
    }
    EXPECT_EQ(box.sum(wire::Disposition::kDropped), 0U);
    for (Conversation& talk : talks) {
        talk.close();
    }
}

TEST(Adoption, HeldSegmentsReachTheServer) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.challenge();
    talk.redeem(100);
    box.take(Side::kInside);
    defense::Policy next = without_services();
    next.hold.segments_per_connection = 1;
    next.hold.server_attempts = 1;
    box.engine().adopt(next);
    box.run();
    EXPECT_EQ(box.engine().totals().held_now, 1U);
    talk.answer();
    EXPECT_EQ(box.engine().totals().held_now, 0U);
    EXPECT_EQ(box.count(Reason::kHeldReleased), 1U);
    box.take(Side::kInside);
    box.take(Side::kOutside);
    talk.expect_data_crosses();
}

TEST(Adoption, WorkersThatMissAFewGoOverToTheLast) {
    RingBox box{policy_with(Challenge::kOverBudget), {.workers = 2, .queues = 2}};
    Conversation talk{box};
    talk.establish_untouched();
    for (unsigned number = 0; number < 10; ++number) {
        // Each takes over from one that no worker has ever seen.
        defense::Policy next = policy_with(Challenge::kOverBudget);
        next.services[0].name = "name" + std::to_string(number);
        next.services[0].ports = {{1, static_cast<std::uint16_t>(60'000 + number)}};
        next.sources.answers = 100 + number;
        next.admission.sources = 1024 + number;
        next.sources.concurrent = 10 + number;
        next.services[0].method =
            number % 2 == 0 ? defense::Method::kReset : defense::Method::kCookie;
        box.engine().adopt(next);
    }
    talk.expect_data_crosses();
    for (const auto& worker : box.engine().workers()) {
        EXPECT_EQ(worker->policy_adopted(), 11U);
    }
    for (unsigned second = 0; second < 5; ++second) {
        box.advance(std::chrono::seconds{1});
    }
    for (const auto& worker : box.engine().workers()) {
        EXPECT_EQ(worker->policy_settled(), 11U);
    }
    talk.expect_data_crosses();
}

}  // namespace
}  // namespace synward::test
