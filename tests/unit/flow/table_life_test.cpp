// SPDX-License-Identifier: BSD-3-Clause
//
// A flow's life in the table: the queue of the half-open, eviction, expiry, and what a later
// process finds.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <set>
#include <vector>

#include "table_fixture.h"

namespace synward::flow {
namespace {

using namespace std::chrono_literals;

/// Empties the queue from its old end.
std::vector<std::uint32_t> drained(Table& table) {
    std::vector<std::uint32_t> order;
    while (Flow* flow = table.oldest_half_open()) {
        order.push_back(flow->tuple.outside_port);
        table.erase(*flow);
    }
    return order;
}

TEST(HalfOpenQueue, KeepsTheOrderOfAgeWhoeverLeaves) {
    struct Case {
        std::vector<std::uint32_t> leaving;
        std::vector<std::uint32_t> left;
    };
    for (const auto& [leaving, left] :
         {Case{{}, {1, 2, 3, 4, 5}}, Case{{1}, {2, 3, 4, 5}}, Case{{3}, {1, 2, 4, 5}},
          Case{{5}, {1, 2, 3, 4}}, Case{{2, 3, 4}, {1, 5}}, Case{{4, 2}, {1, 3, 5}},
          Case{{1, 5}, {2, 3, 4}}, Case{{5, 4, 3, 2}, {1}}, Case{{1, 2, 3, 4}, {5}},
          Case{{3, 1, 5, 4, 2}, {}}}) {
        for (const bool by_erasing : {false, true}) {
            NumberedTable subject{8};
            for (std::uint32_t number = 1; number <= 5; ++number) {
                subject.table.enqueue_half_open(*subject.insert(number));
            }
            for (const std::uint32_t number : leaving) {
                Flow& flow = *subject.find(number);
                if (by_erasing) {
                    subject.table.erase(flow);
                } else {
                    subject.table.leave_half_open(flow);
                    flow.phase = static_cast<unsigned>(Phase::kOpen) & 3U;
                }
            }
            EXPECT_EQ(subject.table.half_open(), left.size());
            EXPECT_EQ(drained(subject.table), left);
            EXPECT_EQ(subject.table.half_open(), 0U);
            subject.table.enqueue_half_open(*subject.insert(6));
            EXPECT_EQ(drained(subject.table), std::vector<std::uint32_t>{6});
        }
    }
}

TEST(HalfOpenQueue, LeavingTwiceOrWithoutHavingEnteredIsHarmless) {
    NumberedTable subject{8};
    Flow& queued = *subject.insert(1);
    Flow& other = *subject.insert(2);
    subject.table.enqueue_half_open(queued);
    subject.table.leave_half_open(other);
    subject.table.erase(other);
    EXPECT_EQ(subject.table.oldest_half_open(), &queued);
    EXPECT_EQ(subject.table.half_open(), 1U);
    subject.table.leave_half_open(queued);
    subject.table.leave_half_open(queued);
    EXPECT_EQ(subject.table.oldest_half_open(), nullptr);
    EXPECT_EQ(subject.table.half_open(), 0U);
}

TEST(Table, WhenFullTheOldestHalfOpenMakesRoomAndNoOther) {
    constexpr std::uint32_t kCapacity = 1'024;
    constexpr std::uint32_t kOpen = 1'000;
    NumberedTable subject{kCapacity};
    for (std::uint32_t number = 0; number < kCapacity; ++number) {
        Flow& flow = *subject.insert(number);
        if (number < kOpen) {
            flow.phase = static_cast<unsigned>(Phase::kOpen) & 3U;
        } else {
            subject.table.enqueue_half_open(flow);
        }
    }
    for (std::uint32_t number = kCapacity; number < 20 * kCapacity; ++number) {
        ASSERT_EQ(subject.insert(number), nullptr);
        Flow* oldest = subject.table.oldest_half_open();
        ASSERT_EQ(oldest, subject.find(number - (kCapacity - kOpen)));
        subject.table.erase(*oldest);
        Flow* flow = subject.insert(number);
        ASSERT_NE(flow, nullptr);
        subject.table.enqueue_half_open(*flow);
    }
    for (std::uint32_t number = 0; number < kOpen; ++number) {
        ASSERT_NE(subject.find(number), nullptr);
    }
    EXPECT_EQ(subject.table.half_open(), kCapacity - kOpen);
}

TEST(Expiry, SeesEveryFlowInOneRotation) {
    constexpr std::uint32_t kCapacity = 1'000;
    for (const std::uint32_t flows : {0U, 1U, 7U, 999U, 1'000U}) {
        for (const std::uint32_t slice : {1U, 3U, 64U}) {
            NumberedTable subject{kCapacity};
            for (std::uint32_t number = 0; number < flows; ++number) {
                subject.insert(number)->set_expiry(CoarseTime::from_value(10));
            }
            std::set<Flow*> seen;
            for (std::uint32_t step = 0; step < kCapacity; step += slice) {
                subject.table.expire(CoarseTime::from_value(10), slice,
                                     [&](Flow& flow) { seen.insert(&flow); });
            }
            EXPECT_EQ(seen.size(), flows);
        }
    }
}

TEST(Expiry, TakesThoseWhoseTimeHasComeAlsoAcrossTheWrapOfTheClock) {
    for (const tcp::Duration start : {tcp::Duration{0}, tcp::Duration{1LL << 50} - 30s}) {
        NumberedTable subject{256};
        const auto now = [&](tcp::Duration later) {
            return CoarseTime::of(tcp::Time{start + later});
        };
        for (std::uint32_t number = 0; number < 200; ++number) {
            subject.insert(number)->set_expiry(now(0s).after(number % 2 == 0 ? 10s : 60s));
        }
        const auto erase = [&](Flow& flow) { subject.table.erase(flow); };
        subject.table.expire(now(9s), 256, erase);
        EXPECT_EQ(subject.table.size(), 200U);
        subject.table.expire(now(11s), 256, erase);
        EXPECT_EQ(subject.table.size(), 100U);
        for (std::uint32_t number = 0; number < 200; ++number) {
            EXPECT_EQ(subject.find(number) != nullptr, number % 2 == 1);
        }
        const auto prolong = [&](Flow& flow) { flow.set_expiry(now(61s).after(10s)); };
        subject.table.expire(now(61s), 256, prolong);
        subject.table.expire(now(62s), 256, erase);
        EXPECT_EQ(subject.table.size(), 100U);
        subject.table.expire(now(72s), 256, erase);
        EXPECT_EQ(subject.table.size(), 0U);
    }
}

TEST(Attach, FindsEveryFlowAtAnotherAddress) {
    constexpr std::uint32_t kCapacity = 5'000;
    NumberedTable subject{kCapacity};
    for (std::uint32_t number = 0; number < kCapacity; ++number) {
        Flow& flow = *subject.insert(number);
        flow.service = static_cast<std::uint16_t>(number);
        if (number % 100 == 0) {
            subject.table.enqueue_half_open(flow);
        } else {
            flow.phase = static_cast<unsigned>(Phase::kOpen) & 3U;
        }
    }
    for (std::uint32_t number = 1; number < kCapacity; number += 100) {
        subject.table.erase(*subject.find(number));
    }
    TableMemory moved{kCapacity};
    std::memcpy(moved.bytes().data(), subject.memory.bytes().data(), moved.bytes().size());
    std::memset(subject.memory.bytes().data(), 0xff, subject.memory.bytes().size());

    auto table = Table::attach(moved.bytes(), kCapacity, subject.hasher);
    ASSERT_TRUE(table.has_value());
    EXPECT_EQ(table->size(), kCapacity - 50);
    EXPECT_EQ(table->half_open(), 50U);
    for (std::uint32_t number = 0; number < kCapacity; ++number) {
        const Flow* flow = table->find(tuple_number(number), subject.hash(number));
        ASSERT_EQ(flow != nullptr, number % 100 != 1);
        if (flow != nullptr) {
            EXPECT_EQ(flow->service, number);
        }
    }
    for (std::uint32_t number = kCapacity; number < kCapacity + 50; ++number) {
        ASSERT_NE(table->insert(tuple_number(number), subject.hash(number)), nullptr);
    }
    EXPECT_EQ(table->insert(tuple_number(9'999), subject.hash(9'999)), nullptr);
    const auto order = drained(*table);
    ASSERT_EQ(order.size(), 50U);
    for (std::uint32_t i = 0; i < 50; ++i) {
        EXPECT_EQ(order[i], i * 100);
    }
}

TEST(Attach, RefusesWhatIsNotThisTable) {
    NumberedTable subject{64};
    const auto bytes = subject.memory.bytes();
    EXPECT_TRUE(Table::attach(bytes, 64, subject.hasher).has_value());
    EXPECT_FALSE(Table::attach(bytes, 63, subject.hasher).has_value());
    EXPECT_FALSE(Table::attach(bytes, 65, subject.hasher).has_value());
    EXPECT_FALSE(Table::attach(bytes, 64, hasher_number(1)).has_value()) << "another secret";
    EXPECT_FALSE(Table::attach(bytes.first(64), 64, subject.hasher).has_value());
    TableMemory zeroed{64};
    EXPECT_FALSE(Table::attach(zeroed.bytes(), 64, subject.hasher).has_value());
    for (const std::size_t offset : {0U, 8U}) {  // the magic number, the version
        bytes[offset] ^= std::byte{1};
        EXPECT_FALSE(Table::attach(bytes, 64, subject.hasher).has_value());
        bytes[offset] ^= std::byte{1};
    }
    EXPECT_TRUE(Table::attach(bytes, 64, subject.hasher).has_value());
}

TEST(Slices, TogetherVisitEveryFlowOnce) {
    constexpr std::uint32_t kCapacity = 100;
    for (const std::uint32_t slice : {1U, 7U, 50U, 100U, 1000U}) {
        NumberedTable subject{kCapacity};
        for (std::uint32_t number = 0; number < 60; ++number) {
            subject.insert(number)->service = static_cast<std::uint16_t>(number);
        }
        for (std::uint32_t number = 0; number < 60; number += 3) {
            subject.table.erase(*subject.find(number));
        }
        std::multiset<std::uint32_t> seen;
        for (std::uint32_t first = 0; first < kCapacity; first += std::min(slice, kCapacity)) {
            subject.table.for_each_in(first, slice,
                                      [&](const Flow& flow) { seen.insert(flow.service); });
        }
        EXPECT_EQ(seen.size(), 40U);
        EXPECT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), 40U);
    }
}

}  // namespace
}  // namespace synward::flow
