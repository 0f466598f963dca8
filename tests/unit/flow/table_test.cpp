// SPDX-License-Identifier: BSD-3-Clause
#include "flow/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <random>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "table_fixture.h"

namespace synward::flow {
namespace {

/// What the table should hold, kept by the standard library.
class Model {
  public:
    explicit Model(std::uint32_t capacity) : subject_{capacity} {}

    void step(std::mt19937& random) {
        const std::uint32_t number = below(subject_.table.capacity() * 5 / 4 + 2, random);
        const auto known = flows_.find(number);
        ASSERT_EQ(subject_.find(number), known == flows_.end() ? nullptr : known->second);
        if (known == flows_.end()) {
            insert(number);
        } else if (below(2, random) == 0) {
            change_queue(number, *known->second);
        } else {
            subject_.table.erase(*known->second);
            half_open_.remove(number);
            flows_.erase(known);
        }
        ASSERT_EQ(subject_.table.size(), flows_.size());
        ASSERT_EQ(subject_.table.half_open(), half_open_.size());
        ASSERT_EQ(subject_.table.oldest_half_open(),
                  half_open_.empty() ? nullptr : flows_.at(half_open_.front()));
    }
    void check_all() {
        std::size_t visited = 0;
        subject_.table.for_each([&](Flow& flow) {
            const auto known = flows_.find(flow.service);
            ASSERT_NE(known, flows_.end());
            EXPECT_EQ(known->second, &flow);
            EXPECT_EQ(flow.tuple, tuple_number(flow.service));
            ++visited;
        });
        EXPECT_EQ(visited, flows_.size());
    }

  private:
    void insert(std::uint32_t number) {
        Flow* flow = subject_.insert(number);
        if (flow == nullptr) {
            ASSERT_EQ(flows_.size(), subject_.table.capacity());
            return;
        }
        EXPECT_EQ(flow->tuple, tuple_number(number));
        EXPECT_EQ(flow->service, 0U);
        EXPECT_EQ(flow->splice.sequence_delta, 0U);
        flow->service = static_cast<std::uint16_t>(number);
        flows_.emplace(number, flow);
    }
    void change_queue(std::uint32_t number, Flow& flow) {
        if (queued(number)) {
            subject_.table.leave_half_open(flow);
            EXPECT_EQ(flow.half_open.older, 0U);
            EXPECT_EQ(flow.half_open.newer, 0U);
            half_open_.remove(number);
        } else if (half_open_.size() < 20) {
            subject_.table.enqueue_half_open(flow);
            half_open_.push_back(number);
        }
    }
    bool queued(std::uint32_t number) const {
        return std::find(half_open_.begin(), half_open_.end(), number) != half_open_.end();
    }

    NumberedTable subject_;
    std::unordered_map<std::uint32_t, Flow*> flows_;
    std::list<std::uint32_t> half_open_;
};

TEST(Table, DoesWhatAMapAndAListDo) {
    for (const std::uint32_t capacity : {1U, 2U, 13U, 64U, 1'000U, 16'384U}) {
        Model model{capacity};
        std::mt19937 random{capacity};
        for (int step = 0; step < 500'000 && !testing::Test::HasFatalFailure(); ++step) {
            model.step(random);
        }
        model.check_all();
    }
}

TEST(Table, EveryPlaceIsUsable) {
    struct Size {
        std::uint32_t capacity;
        unsigned tables;  ///< each with another secret
    };
    for (const auto [capacity, tables] : {Size{1, 3}, Size{2, 3}, Size{64, 200}, Size{1'024, 100},
                                          Size{65'536, 2}, Size{1U << 20U, 1}}) {
        for (unsigned seed = 0; seed < tables; ++seed) {
            NumberedTable subject{capacity, static_cast<std::uint8_t>(seed)};
            std::set<Flow*> places;
            for (std::uint32_t number = 0; number < capacity; ++number) {
                Flow* flow = subject.insert(number);
                ASSERT_NE(flow, nullptr) << number << " of " << capacity << ", seed " << seed;
                places.insert(flow);
            }
            EXPECT_EQ(places.size(), capacity);
            EXPECT_EQ(subject.table.size(), capacity);
            EXPECT_EQ(subject.insert(capacity), nullptr);
            for (std::uint32_t number = 0; number < capacity; ++number) {
                ASSERT_NE(subject.find(number), nullptr);
            }
            EXPECT_EQ(subject.find(capacity), nullptr);
        }
    }
}

TEST(Table, StaysUsableToTheLastPlaceWhileFlowsComeAndGo) {
    for (const std::uint32_t capacity : {64U, 1'024U, 65'536U}) {
        NumberedTable subject{capacity};
        std::mt19937 random{capacity};
        std::vector<std::uint32_t> resident;
        std::uint32_t next = 0;
        for (; next < capacity; ++next) {
            resident.push_back(next);
            ASSERT_NE(subject.insert(next), nullptr);
        }
        for (; next < 1'000'000; ++next) {
            std::uint32_t& leaving = resident[below(capacity, random)];
            Flow* flow = subject.find(leaving);
            ASSERT_NE(flow, nullptr);
            subject.table.erase(*flow);
            ASSERT_EQ(subject.find(leaving), nullptr);
            leaving = next;
            ASSERT_EQ(subject.insert(next), flow) << "the place freed last is the first taken";
        }
        for (const std::uint32_t number : resident) {
            ASSERT_NE(subject.find(number), nullptr);
        }
    }
}

/// The first `count` numbers whose keys are, in this table, where `wanted` says.
template <typename Wanted>
std::vector<std::uint32_t> numbers_where(NumberedTable& subject, std::size_t count,
                                         Wanted&& wanted) {
    const Index index{nullptr, subject.table.capacity()};
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t number = 0; numbers.size() < count; ++number) {
        if (wanted(index.locate(subject.hash(number)))) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

void expect_the_same_in_a_batch(NumberedTable& subject, const std::vector<std::uint32_t>& numbers) {
    std::vector<wire::FourTuple> tuples;
    std::vector<tcp::Block> hashes;
    std::vector<const wire::FourTuple*> pointers;
    std::vector<Flow*> expected;
    tuples.reserve(numbers.size());
    for (const std::uint32_t number : numbers) {
        tuples.push_back(tuple_number(number));
        hashes.push_back(subject.hash(number));
        pointers.push_back(&tuples.back());
        expected.push_back(subject.find(number));
    }
    for (std::size_t first = 0; first < numbers.size(); first += BatchLookup::kMost) {
        const std::size_t count = std::min(BatchLookup::kMost, numbers.size() - first);
        const auto part = std::span{hashes}.subspan(first, count);
        std::array<Flow*, BatchLookup::kMost> flows{};
        BatchLookup lookup;
        subject.table.begin(lookup, 0, part);
        subject.table.match(lookup, 0, count);
        const std::uint64_t found = subject.table.finish(
            lookup, wire::first_places(count), std::span{pointers}.subspan(first), part, flows);
        for (unsigned i = 0; i < count; ++i) {
            ASSERT_EQ(wire::has_place(found, i) ? flows[i] : nullptr, expected[first + i]);
        }
    }
}

TEST(Table, KeysOfOneTagAreToldApart) {
    NumberedTable subject{20};
    const auto numbers = numbers_where(subject, 21, [](const Index::Location& location) {
        return location.tag == 5 && location.primary == 0;
    });
    std::set<Flow*> found;
    for (std::size_t i = 0; i < 20; ++i) {
        Flow* flow = subject.insert(numbers[i]);
        ASSERT_NE(flow, nullptr);
        ASSERT_EQ(subject.find(numbers[i]), flow);
        found.insert(flow);
    }
    EXPECT_EQ(found.size(), 20U);
    EXPECT_EQ(subject.find(numbers[20]), nullptr);
    expect_the_same_in_a_batch(subject, numbers);
    for (std::size_t i = 0; i < 20; i += 2) {
        subject.table.erase(*subject.find(numbers[i]));
    }
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(subject.find(numbers[i]) != nullptr, i % 2 == 1);
    }
}

TEST(Table, RefusesCleanlyWhatItsTwoBucketsCannotHold) {
    NumberedTable subject{512};
    const auto numbers =
        numbers_where(subject, 2 * Bucket::kEntries + 1, [](const Index::Location& location) {
            return location.primary + location.secondary == 9 &&
                   (location.primary == 4 || location.secondary == 4);
        });
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
        ASSERT_NE(subject.insert(numbers[i]), nullptr);
    }
    EXPECT_EQ(subject.insert(numbers.back()), nullptr);
    EXPECT_EQ(subject.table.size(), 2 * Bucket::kEntries);
    EXPECT_EQ(subject.find(numbers.back()), nullptr);

    subject.table.erase(*subject.find(numbers.front()));
    ASSERT_NE(subject.insert(numbers.back()), nullptr);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        Flow* flow = subject.find(numbers[i]);
        ASSERT_NE(flow, nullptr);
        subject.table.erase(*flow);
    }
    for (const std::uint32_t number : numbers) {
        EXPECT_EQ(subject.find(number), nullptr);
    }
    EXPECT_EQ(subject.table.size(), 0U);
}

TEST(Table, ACrowdInOnePrimaryBucketLeavesTheRestUsable) {
    NumberedTable subject{4'096};
    const auto crowd = numbers_where(
        subject, 300, [](const Index::Location& location) { return location.primary == 9; });
    for (int round = 0; round < 3; ++round) {
        for (const std::uint32_t number : crowd) {
            ASSERT_NE(subject.insert(number), nullptr);
        }
        for (const std::uint32_t number : crowd) {
            Flow* flow = subject.find(number);
            ASSERT_NE(flow, nullptr);
            subject.table.erase(*flow);
        }
    }
    constexpr std::uint32_t kOthers = 1U << 30U;
    for (std::uint32_t i = 0; i < subject.table.capacity(); ++i) {
        ASSERT_NE(subject.insert(kOthers + i), nullptr) << i;
    }
    for (std::uint32_t i = 0; i < subject.table.capacity(); ++i) {
        ASSERT_NE(subject.find(kOthers + i), nullptr);
    }
}

TEST(Table, FindsABatchAsOneByOne) {
    NumberedTable subject{1'024};
    for (std::uint32_t number = 0; number < 1'024; ++number) {
        subject.insert(number);
    }
    std::mt19937 random{11};
    for (const std::size_t count : {0U, 1U, 32U, 64U, 65U, 300U}) {
        std::vector<std::uint32_t> numbers(count);
        for (std::uint32_t& number : numbers) {
            number = below(2'048, random);
        }
        expect_the_same_in_a_batch(subject, numbers);
    }
}

TEST(Table, FindsBatchesStepByStepAndSideBySideWhileItChanges) {
    constexpr std::uint32_t kCapacity = 2'000;
    constexpr std::size_t kCount = 37;
    constexpr std::size_t kFirst = 16;
    NumberedTable subject{kCapacity};
    for (std::uint32_t number = kCapacity; number < 2 * kCapacity; ++number) {
        subject.insert(number);
    }
    std::mt19937 random{12};
    struct Batch {
        std::array<std::uint32_t, kCount> numbers;
        std::array<wire::FourTuple, kCount> tuples;
        std::array<const wire::FourTuple*, kCount> pointers;
        std::array<tcp::Block, kCount> hashes;
        BatchLookup lookup;
    };
    std::array<Batch, 2> batches;
    std::uint32_t next = 2 * kCapacity;
    for (unsigned turn = 0; turn < 2'000; ++turn) {
        Batch& coming = batches[turn % 2];
        for (std::size_t i = 0; i < kCount; ++i) {
            coming.numbers[i] = next - below(2 * kCapacity, random);
            coming.tuples[i] = tuple_number(coming.numbers[i]);
            coming.pointers[i] = &coming.tuples[i];
            coming.hashes[i] = subject.hash(coming.numbers[i]);
        }
        coming.lookup.clear();
        subject.table.begin(coming.lookup, 0, coming.hashes);
        if (turn == 0) {
            continue;
        }
        // What comes and goes after begin() is seen.
        if (Flow* const gone = subject.find(next - below(kCapacity, random)); gone != nullptr) {
            subject.table.erase(*gone);
            ASSERT_NE(subject.insert(next++), nullptr);
        }
        Batch& leaving = batches[(turn + 1) % 2];
        // In two stretches, of which one ends with less than eight.
        subject.table.match(leaving.lookup, 0, kFirst);
        subject.table.match(leaving.lookup, kFirst, kCount - kFirst);
        const std::uint64_t all = wire::first_places(kCount);
        std::array<Flow*, kCount> flows{};
        const std::uint64_t found =
            subject.table.finish(leaving.lookup, all, leaving.pointers, leaving.hashes, flows);
        for (unsigned i = 0; i < kCount; ++i) {
            ASSERT_EQ(wire::has_place(found, i) ? flows[i] : nullptr,
                      subject.find(leaving.numbers[i]));
        }
    }
}

TEST(Table, TakesAtMostSeventyBytesAFlow) {
    for (unsigned bits = 16; bits <= 24; ++bits) {
        const std::uint32_t capacity = 1U << bits;
        EXPECT_LE(Table::required_bytes(capacity), std::size_t{70} * capacity);
    }
}

TEST(Table, RefusesMemoryOrCapacityThatDoNotFit) {
    TableMemory memory{64};
    const auto hasher = hasher_number(0);
    const auto bytes = memory.bytes();
    EXPECT_THROW(Table(bytes, 0, hasher), std::invalid_argument);
    EXPECT_THROW(Table(bytes, (1U << 24U) + 1, hasher), std::invalid_argument);
    EXPECT_THROW(Table(bytes, 66, hasher), std::invalid_argument);
    EXPECT_THROW(Table(bytes.first(bytes.size() - 1), 64, hasher), std::invalid_argument);
    EXPECT_THROW(Table(bytes.subspan(8), 32, hasher), std::invalid_argument);
    EXPECT_NO_THROW(Table(bytes, 64, hasher));
}

}  // namespace
}  // namespace synward::flow
