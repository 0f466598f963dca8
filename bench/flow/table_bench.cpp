// SPDX-License-Identifier: BSD-3-Clause
//
// The flow table beside DPDK's rte_hash: lookups that hit and that miss, and a flow that goes while
// another comes, in batches of 32, at random, both tables at 85 % of their capacity and with the
// hash of every key computed.
//
// Runs without privileges, on transparent huge pages; with `--small_pages` on pages of 4 KiB.
#include <benchmark/benchmark.h>
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_memory.h>
#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/table.h"
#include "tcp/tuple_hash.h"

namespace synward::flow {
namespace {

constexpr std::size_t kBatch = 32;
bool small_pages = false;

template <typename Item>
using Batch = std::array<Item, kBatch>;

/// A few instructions a number; it must not hide what is measured.
class Random {
  public:
    std::uint32_t below(std::uint32_t count) {
        state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return static_cast<std::uint32_t>(((state_ >> 32U) * count) >> 32U);
    }

  private:
    std::uint64_t state_ = 1;
};

wire::FourTuple tuple_number(std::uint32_t number) {
    wire::FourTuple tuple{
        .outside_address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18}},
        .inside_address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}},
        .outside_port = static_cast<std::uint16_t>(number),
        .inside_port = 443};
    tuple.outside_address.bytes[14] = static_cast<std::uint8_t>(number >> 24U);
    tuple.outside_address.bytes[15] = static_cast<std::uint8_t>(number >> 16U);
    return tuple;
}

/// A million keys at random out of `count` from `first` on, as batches in a circle: made
/// beforehand, and read in order, so that they cost little.
class Keys {
  public:
    Keys(std::uint32_t first, std::uint32_t count) : batches_(1U << 15U) {
        Random random;
        for (Batch<wire::FourTuple>& batch : batches_) {
            for (wire::FourTuple& tuple : batch) {
                tuple = tuple_number(first + random.below(count));
            }
        }
    }
    const Batch<wire::FourTuple>& next() {
        next_ = (next_ + 1) % batches_.size();
        return batches_[next_];
    }

  private:
    std::vector<Batch<wire::FourTuple>> batches_;
    std::size_t next_ = 0;
};
constexpr std::uint32_t kAbsent = 1U << 30U;

std::uint32_t resident_at(std::int64_t capacity) {
    return static_cast<std::uint32_t>(capacity * 85 / 100);
}

template <typename Item>
Batch<const Item*> pointers_to(const Batch<Item>& items) {
    Batch<const Item*> pointers;
    for (std::size_t i = 0; i < kBatch; ++i) {
        pointers[i] = &items[i];
    }
    return pointers;
}

Batch<wire::FourTuple> tuples_from(std::uint32_t first) {
    Batch<wire::FourTuple> tuples;
    for (wire::FourTuple& tuple : tuples) {
        tuple = tuple_number(first++);
    }
    return tuples;
}

/// The flow table at 85 % of its capacity, with the operations of a batch.
class Synward {
  public:
    explicit Synward(std::uint32_t capacity)
        : memory_{map(Table::required_bytes(capacity)), Unmap{Table::required_bytes(capacity)}},
          table_{{memory_.get(), Table::required_bytes(capacity)}, capacity, hasher_} {
        for (std::uint32_t number = 0; number < resident_at(capacity); ++number) {
            const wire::FourTuple tuple = tuple_number(number);
            flows_.push_back(table_.insert(tuple, hasher_(tuple)));
        }
    }
    std::size_t look_up(const Batch<wire::FourTuple>& tuples) {
        Batch<tcp::Block> hashes;
        Batch<Flow*> found;
        hash(tuples, hashes);
        table_.find_batch(pointers_to(tuples), hashes, found);
        return hits(found);
    }
    /// The same by the single steps that the interface offers.
    std::size_t look_up_by_steps(const Batch<wire::FourTuple>& tuples) {
        Batch<tcp::Block> hashes;
        Batch<Flow*> found;
        hash(tuples, hashes);
        for (const tcp::Block& hash : hashes) {
            table_.prefetch_index(hash);
        }
        for (const tcp::Block& hash : hashes) {
            table_.prefetch_flow(hash);
        }
        for (std::size_t i = 0; i < kBatch; ++i) {
            found[i] = table_.find(tuples[i], hashes[i]);
        }
        return hits(found);
    }
    void replace(const Batch<std::uint32_t>& leaving, std::uint32_t first_coming) {
        const Batch<wire::FourTuple> coming = tuples_from(first_coming);
        Batch<tcp::Block> hashes;
        hash(coming, hashes);
        for (std::size_t i = 0; i < kBatch; ++i) {
            table_.prefetch_index(hashes[i]);
            __builtin_prefetch(flows_[leaving[i]]);
        }
        for (std::size_t i = 0; i < kBatch; ++i) {
            table_.erase(*flows_[leaving[i]]);
            flows_[leaving[i]] = table_.insert(coming[i], hashes[i]);
        }
    }

  private:
    struct Unmap {
        std::size_t bytes;
        void operator()(std::byte* memory) const { munmap(memory, bytes); }
    };
    static std::byte* map(std::size_t bytes) {
        void* memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::perror("mmap");
            std::exit(EXIT_FAILURE);
        }
        madvise(memory, bytes, small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
        return static_cast<std::byte*>(memory);
    }
    void hash(const Batch<wire::FourTuple>& tuples, Batch<tcp::Block>& hashes) const {
        hasher_(pointers_to(tuples), hashes);
    }
    static std::size_t hits(const Batch<Flow*>& found) {
        std::size_t hits = 0;
        for (const Flow* flow : found) {
            hits += flow != nullptr ? 1U : 0U;
        }
        return hits;
    }

    tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    std::unique_ptr<std::byte, Unmap> memory_;
    Table table_;
    std::vector<Flow*> flows_;
};

/// rte_hash in the same place.
class RteHash {
  public:
    explicit RteHash(std::uint32_t capacity) {
        rte_hash_parameters parameters{};
        parameters.name = "bench";
        parameters.entries = capacity;
        parameters.key_len = sizeof(wire::FourTuple);
        hash_ = rte_hash_create(&parameters);
        if (hash_ == nullptr) {
            std::fputs("rte_hash_create failed\n", stderr);
            std::exit(EXIT_FAILURE);
        }
        for (std::uint32_t number = 0; number < resident_at(capacity); ++number) {
            numbers_.push_back(number);
            add(tuple_number(number));
        }
    }
    ~RteHash() { rte_hash_free(hash_); }
    RteHash(const RteHash&) = delete;
    RteHash& operator=(const RteHash&) = delete;

    std::size_t look_up(const Batch<wire::FourTuple>& tuples) {
        Batch<const void*> keys;
        for (std::size_t i = 0; i < kBatch; ++i) {
            keys[i] = &tuples[i];
        }
        Batch<void*> data;
        std::uint64_t hit_mask = 0;
        const int hits =
            rte_hash_lookup_bulk_data(hash_, keys.data(), kBatch, &hit_mask, data.data());
        benchmark::DoNotOptimize(data);
        return static_cast<std::size_t>(hits);
    }
    void replace(const Batch<std::uint32_t>& leaving, std::uint32_t first_coming) {
        const Batch<wire::FourTuple> coming = tuples_from(first_coming);
        for (std::size_t i = 0; i < kBatch; ++i) {
            const wire::FourTuple tuple = tuple_number(numbers_[leaving[i]]);
            rte_hash_del_key(hash_, &tuple);
            add(coming[i]);
            numbers_[leaving[i]] = first_coming + static_cast<std::uint32_t>(i);
        }
    }

  private:
    void add(const wire::FourTuple& tuple) {
        if (rte_hash_add_key_data(hash_, &tuple, this) != 0) {
            std::fputs("rte_hash_add_key_data failed\n", stderr);
            std::exit(EXIT_FAILURE);
        }
    }
    rte_hash* hash_ = nullptr;
    std::vector<std::uint32_t> numbers_;
};

enum class Purpose { kFind, kReplace };

/// The subject of the last call if it is of this size and was used for the same: a large one takes
/// seconds to fill, and a function here is called several times for one figure.
template <typename Subject>
Subject& subject_for(Purpose purpose, std::uint32_t capacity) {
    static std::unique_ptr<Subject> subject;
    static std::pair<Purpose, std::uint32_t> kind;
    if (subject == nullptr || kind != std::pair{purpose, capacity}) {
        subject.reset();
        subject = std::make_unique<Subject>(capacity);
        kind = {purpose, capacity};
    }
    return *subject;
}

void count_operations(benchmark::State& state) {
    const auto operations = static_cast<double>(state.iterations()) * kBatch;
    state.counters["each"] =
        benchmark::Counter(operations, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <typename Subject, std::size_t (Subject::*look_up)(const Batch<wire::FourTuple>&)>
void find(benchmark::State& state, bool present) {
    const auto capacity = static_cast<std::uint32_t>(state.range(0));
    auto& subject = subject_for<Subject>(Purpose::kFind, capacity);
    Keys keys{present ? 0 : kAbsent, resident_at(capacity)};
    for (auto _ : state) {
        if ((subject.*look_up)(keys.next()) != (present ? kBatch : 0)) {
            state.SkipWithError("a wrong answer");
            break;
        }
    }
    count_operations(state);
}

template <typename Subject>
void replace(benchmark::State& state) {
    const auto capacity = static_cast<std::uint32_t>(state.range(0));
    auto& subject = subject_for<Subject>(Purpose::kReplace, capacity);
    Random random;
    static std::uint32_t next = kAbsent;  // no key comes twice
    Batch<std::uint32_t> leaving;
    for (auto _ : state) {
        for (std::uint32_t& number : leaving) {
            number = random.below(resident_at(capacity));
        }
        subject.replace(leaving, next);
        next += kBatch;
    }
    count_operations(state);
}

constexpr auto kFindBatch = find<Synward, &Synward::look_up>;
constexpr auto kFindBySteps = find<Synward, &Synward::look_up_by_steps>;
constexpr auto kFindRteHash = find<RteHash, &RteHash::look_up>;

void sizes(benchmark::internal::Benchmark* bench) {
    bench->Arg(1 << 16)->Arg(1 << 20)->Arg(1 << 24)->MinTime(0.5);
}
BENCHMARK_CAPTURE(kFindBatch, hit, true)->Name("synward/hit")->Apply(sizes);
BENCHMARK_CAPTURE(kFindBySteps, hit, true)->Name("synward_by_steps/hit")->Apply(sizes);
BENCHMARK_CAPTURE(kFindRteHash, hit, true)->Name("rte_hash/hit")->Apply(sizes);
BENCHMARK_CAPTURE(kFindBatch, miss, false)->Name("synward/miss")->Apply(sizes);
BENCHMARK_CAPTURE(kFindBySteps, miss, false)->Name("synward_by_steps/miss")->Apply(sizes);
BENCHMARK_CAPTURE(kFindRteHash, miss, false)->Name("rte_hash/miss")->Apply(sizes);
BENCHMARK_TEMPLATE(replace, Synward)->Name("synward/replace")->Apply(sizes);
BENCHMARK_TEMPLATE(replace, RteHash)->Name("rte_hash/replace")->Apply(sizes);

/// Gives rte_hash the same kind of page as the flow table has.
int advise(const rte_memseg_list* list, void*) {
    madvise(list->base_va, list->len, small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    return 0;
}

void start_eal() {
    std::vector<std::string> words{"table_bench", "--no-huge",        "--no-shconf",
                                   "--no-pci",    "--no-telemetry",   "-m",
                                   "3072",        "--log-level=error"};
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0 ||
        rte_memseg_list_walk(advise, nullptr) < 0) {
        std::fputs("DPDK does not start\n", stderr);
        std::exit(EXIT_FAILURE);
    }
}

}  // namespace
}  // namespace synward::flow

int main(int argc, char** argv) {
    std::vector<char*> arguments;
    for (char* argument : std::span{argv, static_cast<std::size_t>(argc)}) {
        if (std::string_view{argument} == "--small_pages") {
            synward::flow::small_pages = true;
        } else {
            arguments.push_back(argument);
        }
    }
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    synward::flow::start_eal();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
