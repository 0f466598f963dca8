// SPDX-License-Identifier: BSD-3-Clause
//
// The flow table by itself, 85 % full, at random places and with all hashes computed: lookups that
// hit and that miss, flows that come, and the rounds in which flows expire.
#include <x86intrin.h>

#include <array>
#include <memory>
#include <vector>

#include "flow/table.h"
#include "support/find_together.h"
#include "support/harness.h"
#include "support/table_memory.h"
#include "support/traffic.h"
#include "tcp/tuple_hash.h"

namespace synward::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kChosen = 1U << 20U;  // tuples made beforehand, of batches in a circle
constexpr std::uint32_t kAbsent = 1U << 26U;

flow::CoarseTime now() {
    return flow::CoarseTime::from_value(1000);
}

class Subject {
  public:
    explicit Subject(std::uint32_t capacity)
        : memory_{flow::Table::required_bytes(capacity), true},
          table{memory_.span(), capacity, hasher},
          resident{static_cast<std::uint32_t>(std::uint64_t{capacity} * 85 / 100)} {
        for (std::uint32_t number = 0; number < resident; ++number) {
            const wire::FourTuple tuple = tuple_of(number, 1000);
            table.insert(tuple, hasher(tuple))->set_expiry(now().after(std::chrono::hours{1}));
        }
    }

  private:
    TableMemory memory_;

  public:
    tcp::TupleHasher hasher{tcp::Secret{1, 2, 3}};
    flow::Table table;
    std::uint32_t resident;
};

/// The subject of the last call if it is of this size: a large one takes seconds to fill.
Subject& subject_of(std::int64_t capacity) {
    static std::unique_ptr<Subject> subject;
    if (!subject || subject->table.capacity() != capacity) {
        subject.reset();
        subject = std::make_unique<Subject>(static_cast<std::uint32_t>(capacity));
    }
    return *subject;
}

std::vector<wire::FourTuple> tuples_at_random(std::uint32_t first, std::uint32_t count) {
    Random random;
    std::vector<wire::FourTuple> tuples;
    for (std::size_t i = 0; i < kChosen; ++i) {
        tuples.push_back(tuple_of(first + random.below(count), 1000));
    }
    return tuples;
}

void look_up(benchmark::State& state, bool present) {
    Subject& subject = subject_of(state.range(0));
    const auto tuples = tuples_at_random(present ? 0 : kAbsent, subject.resident);
    std::array<const wire::FourTuple*, kBatch> pointers;
    std::array<tcp::Block, kBatch> hashes;
    std::array<flow::Flow*, kBatch> found;
    std::size_t first = 0;
    std::size_t wrong = 0;
    const CycleCount count;
    for (auto _ : state) {
        for (std::size_t place = 0; place < kBatch; ++place) {
            pointers[place] = &tuples[first + place];
        }
        subject.hasher(pointers, hashes);
        const std::uint64_t hits = find_together(subject.table, pointers, hashes, found);
        wrong += hits == (present ? wire::first_places(kBatch) : 0) ? 0U : 1U;
        first = (first + kBatch) % kChosen;
    }
    count.report(state, kBatch);
    if (wrong != 0) {
        state.SkipWithError("a wrong answer");
    }
}

/// Batches of fresh flows; those of a round leave again, unmeasured, before the next.
void insert(benchmark::State& state) {
    Subject& subject = subject_of(state.range(0));
    constexpr std::uint32_t kRound = 4096;
    std::vector<flow::Flow*> fresh(kRound);
    std::array<wire::FourTuple, kBatch> tuples;
    std::array<const wire::FourTuple*, kBatch> pointers;
    std::array<tcp::Block, kBatch> hashes;
    std::uint32_t next = kAbsent;
    std::uint64_t cycles = 0;
    for (auto _ : state) {
        const std::uint64_t began = __rdtsc();
        for (std::uint32_t done = 0; done < kRound; done += kBatch) {
            for (std::size_t place = 0; place < kBatch; ++place) {
                tuples[place] = tuple_of(next++, 1000);
                pointers[place] = &tuples[place];
            }
            subject.hasher(pointers, hashes);
            flow::BatchLookup lookup;
            subject.table.begin(lookup, 0, hashes);
            for (std::size_t place = 0; place < kBatch; ++place) {
                fresh[done + place] = subject.table.insert(tuples[place], hashes[place]);
            }
        }
        cycles += __rdtsc() - began;
        for (flow::Flow* const flow : fresh) {
            subject.table.erase(*flow);
        }
    }
    state.counters["cycles"] =
        static_cast<double>(cycles) / (static_cast<double>(state.iterations()) * kRound);
}

/// The round through the whole table in which nothing expires, for each place looked at.
void pass_over(benchmark::State& state) {
    Subject& subject = subject_of(state.range(0));
    constexpr std::uint32_t kPlaces = 1024;
    std::uint64_t expired = 0;
    const CycleCount count;
    for (auto _ : state) {
        subject.table.expire(now(), kPlaces, [&](flow::Flow&) { ++expired; });
    }
    count.report(state, kPlaces);
    if (expired != 0) {
        state.SkipWithError("expired too early");
    }
}

/// Rounds in which the flows whose time has come are removed; they come back unmeasured.
void expire(benchmark::State& state) {
    Subject& subject = subject_of(state.range(0));
    constexpr std::uint32_t kPlaces = 1024;
    const flow::CoarseTime late = now().after(std::chrono::hours{2});
    std::vector<wire::FourTuple> gone;
    gone.reserve(kPlaces);
    std::uint64_t cycles = 0;
    std::uint64_t flows = 0;
    for (auto _ : state) {
        gone.clear();
        const std::uint64_t began = __rdtsc();
        subject.table.expire(late, kPlaces, [&](flow::Flow& flow) {
            gone.push_back(flow.tuple);
            subject.table.erase(flow);
        });
        cycles += __rdtsc() - began;
        flows += gone.size();
        for (const wire::FourTuple& tuple : gone) {
            subject.table.insert(tuple, subject.hasher(tuple))
                ->set_expiry(now().after(std::chrono::hours{1}));
        }
    }
    state.counters["cycles"] = static_cast<double>(cycles) / static_cast<double>(flows);
}

/// All figures of one size in a row, since each size has a table to be filled.
const bool registered = [] {
    for (const std::int64_t flows : {1 << 16, 1 << 20, 1 << 24}) {
        const auto add = [=](const char* name, auto&& run) {
            benchmark::RegisterBenchmark(name, run)->ArgName("flows")->Arg(flows);
        };
        add("table/hit", [](benchmark::State& state) { look_up(state, true); });
        add("table/miss", [](benchmark::State& state) { look_up(state, false); });
        add("table/insert", insert);
        add("table/pass_over", pass_over);
        add("table/expire", expire);
    }
    return true;
}();

}  // namespace
}  // namespace synward::bench
