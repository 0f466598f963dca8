// SPDX-License-Identifier: BSD-3-Clause
//
// The flow table beside its peers: DPDK's rte_hash and an open-addressing table. Lookups that hit
// and that miss, and a flow that goes while another comes, in batches of 32, at random, all tables
// at 85 % of their capacity and with the hash of every key computed. "bytes" is a flow's share of
// the table, with key and state. "side by side" has two of its batches on their way at once; "full"
// is the same number of flows in a table with room for no more.
//
// Runs without privileges, on transparent huge pages; with `--small-pages` on pages of 4 KiB.
//
//     table_bench [--filter 'hit/.*16777216'] [--json table.json]
#include <rte_eal.h>
#include <rte_memory.h>

#include <memory>
#include <type_traits>
#include <utility>

#include "flow/robin_table.h"
#include "flow/rte_hash_table.h"
#include "flow/synward_table.h"
#include "support/harness.h"

namespace synward::bench {
namespace {

bool small_pages = false;

enum class Purpose { kFind, kReplace };

/// The subject of the last call if it is of this size and was used for the same: a large one takes
/// seconds to fill, and a function here is called several times for one figure.
template <typename Subject>
Subject& subject_for(Purpose purpose, std::uint32_t capacity) {
    static std::unique_ptr<Subject> subject;
    static std::pair<Purpose, std::uint32_t> kind;
    if (subject == nullptr || kind != std::pair{purpose, capacity}) {
        subject.reset();
        subject = std::make_unique<Subject>(capacity, !small_pages);
        kind = {purpose, capacity};
    }
    return *subject;
}

template <typename Subject>
void find(benchmark::State& state, bool present) {
    const auto capacity = static_cast<std::uint32_t>(state.range(0));
    auto& subject = subject_for<Subject>(Purpose::kFind, capacity);
    Keys keys{present ? 0 : kAbsent, resident_at(capacity)};
    std::size_t wrong = 0;
    const CycleCount count;
    for (auto _ : state) {
        wrong += subject.look_up(keys.next()) != (present ? kBatch : 0) ? 1U : 0U;
    }
    count.report(state, kBatch, static_cast<double>(subject.bytes()) / resident_at(capacity));
    if (wrong != 0) {
        state.SkipWithError("a wrong answer");
    }
}

/// Synward's alone: two batches at a time, which rte_hash's bulk lookup cannot have.
void find_side_by_side(benchmark::State& state, bool present) {
    const auto capacity = static_cast<std::uint32_t>(state.range(0));
    auto& subject = subject_for<SynwardTable>(Purpose::kFind, capacity);
    Keys keys{present ? 0 : kAbsent, resident_at(capacity)};
    std::size_t wrong = 0;
    subject.forget_journeys();
    const CycleCount count;
    for (auto _ : state) {
        wrong += subject.look_up_side_by_side(keys.next()) != (present ? kBatch : 0) ? 1U : 0U;
    }
    count.report(state, kBatch);
    if (wrong != 0) {
        state.SkipWithError("a wrong answer");
    }
}

template <typename Subject>
void replace(benchmark::State& state) {
    const auto capacity = static_cast<std::uint32_t>(state.range(0));
    auto& subject = subject_for<Subject>(Purpose::kReplace, capacity);
    Random random;
    static std::uint32_t next = kAbsent;  // no key comes twice
    Batch<std::uint32_t> leaving;
    const CycleCount count;
    for (auto _ : state) {
        for (std::uint32_t& number : leaving) {
            number = random.below(resident_at(capacity));
        }
        subject.replace(leaving, next);
        next += kBatch;
    }
    count.report(state, kBatch);
}

template <typename Subject>
void add(const std::string& name, std::int64_t capacity) {
    const auto add_one = [&](const char* what, auto&& run) {
        benchmark::RegisterBenchmark((name + what).c_str(), run)->ArgName("flows")->Arg(capacity);
    };
    add_one("/hit", [](benchmark::State& state) { find<Subject>(state, true); });
    add_one("/miss", [](benchmark::State& state) { find<Subject>(state, false); });
    if constexpr (std::is_same_v<Subject, SynwardTable>) {
        add_one("/hit_side_by_side", [](auto& state) { find_side_by_side(state, true); });
        add_one("/miss_side_by_side", [](auto& state) { find_side_by_side(state, false); });
    }
    if constexpr (!std::is_same_v<Subject, FullSynwardTable>) {
        add_one("/replace", replace<Subject>);
    }
}

/// Gives rte_hash the same kind of page as the flow table has.
int advise(const rte_memseg_list* list, void*) {
    madvise(list->base_va, list->len, small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    return 0;
}

void start_eal() {
    std::vector<std::string> words{
        "table_bench", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
        "-m",          "3072",      "-l",          "0",        "--log-level=error"};
    std::vector<char*> arguments;
    arguments.reserve(words.size());
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
}  // namespace synward::bench

int main(int argc, char** argv) {
    using namespace synward::bench;
    Harness harness{"The flow table beside its peers"};
    harness.options().add_flag("--small-pages", small_pages, "no transparent huge pages");
    harness.parse(argc, argv);
    start_eal();
    for (const std::int64_t capacity : {1 << 16, 1 << 20, 1 << 24}) {
        add<SynwardTable>("synward", capacity);
        add<FullSynwardTable>("synward_full", capacity);
        add<RteHashTable>("rte_hash", capacity);
        add<RobinTable>("robin_map", capacity);
    }
    return harness.run();
}
