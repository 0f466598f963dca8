// SPDX-License-Identifier: BSD-3-Clause
//
// Cookies. "single": each waits for the one before, as one decision waits for its own. "batch": a
// batch of them, none waiting for another.
#include <array>
#include <optional>
#include <vector>

#include "micro/frames.h"
#include "support/harness.h"
#include "tcp/cookie.h"
#include "tcp/tuple_hash.h"

namespace synward::bench {
namespace {

constexpr tcp::Secret kSecret{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr tcp::ClientOptions kOptions{.mss = 1460, .window_scale = 7, .sack = true};

struct Cookies {
    tcp::CookieKeys keys{kSecret, 1000};
    std::vector<wire::FourTuple> tuples;
    std::vector<tcp::Block> hashes;
    bool timestamps;

    explicit Cookies(bool with_timestamps) : timestamps{with_timestamps} {
        const tcp::TupleHasher hasher{kSecret};
        for (std::uint32_t number = 0; number < kBatch; ++number) {
            tuples.push_back(tuple_of(number * 77, 1000));
            hashes.push_back(hasher(tuples.back()));
        }
    }
    static wire::SequenceNumber isn(std::size_t place) {
        return wire::SequenceNumber{static_cast<std::uint32_t>(place * 0x1234567)};
    }
    [[nodiscard]] tcp::Cookie issue(std::size_t place, wire::SequenceNumber client_isn) const {
        return keys.issue(hashes[place], true, client_isn, kOptions, timestamps);
    }
    [[nodiscard]] auto redeem(std::size_t place, wire::SequenceNumber client_isn,
                              const tcp::Cookie& cookie) const {
        return keys.redeem(hashes[place], true, client_isn, cookie.sequence,
                           timestamps ? std::optional{cookie.timestamp_value} : std::nullopt);
    }
};

void hash(benchmark::State& state) {
    const Cookies cookies{true};
    const tcp::TupleHasher hasher{kSecret};
    std::array<const wire::FourTuple*, kBatch> tuples;
    for (std::size_t place = 0; place < kBatch; ++place) {
        tuples[place] = &cookies.tuples[place];
    }
    std::array<tcp::Block, kBatch> results;
    const CycleCount count;
    for (auto _ : state) {
        hasher(tuples, results);
        benchmark::DoNotOptimize(results);
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, 12);
}

void issue_single(benchmark::State& state) {
    const Cookies cookies{state.range(0) != 0};
    wire::SequenceNumber isn{1};
    std::size_t place = 0;
    const CycleCount count;
    for (auto _ : state) {
        isn = cookies.issue(place, isn).sequence;
        place = (place + 1) % kBatch;
    }
    benchmark::DoNotOptimize(isn);
    count.report(state, 1);
}

void issue_batch(benchmark::State& state) {
    const Cookies cookies{state.range(0) != 0};
    std::array<tcp::Cookie, kBatch> issued;
    const CycleCount count;
    for (auto _ : state) {
        for (std::size_t place = 0; place < kBatch; ++place) {
            issued[place] = cookies.issue(place, Cookies::isn(place));
        }
        benchmark::DoNotOptimize(issued);
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch);
}

void redeem_single(benchmark::State& state) {
    const Cookies cookies{state.range(0) != 0};
    std::array<tcp::Cookie, kBatch> issued;
    for (std::size_t place = 0; place < kBatch; ++place) {
        issued[place] = cookies.issue(place, Cookies::isn(place));
    }
    std::uint32_t zero = 0;  // what makes the next wait for this one
    benchmark::DoNotOptimize(zero);
    std::uint32_t wait = 0;
    std::size_t place = 0;
    const CycleCount count;
    for (auto _ : state) {
        const auto options = cookies.redeem(place, Cookies::isn(place) + wait, issued[place]);
        if (!options) {
            state.SkipWithError("not redeemed");
            break;
        }
        wait = options->mss & zero;
        place = (place + 1) % kBatch;
    }
    count.report(state, 1);
}

/// Good cookies, or what an ACK flood brings.
void redeem_batch(benchmark::State& state, bool good) {
    const Cookies cookies{state.range(0) != 0};
    std::array<tcp::Cookie, kBatch> shown;
    for (std::size_t place = 0; place < kBatch; ++place) {
        shown[place] = cookies.issue(place, Cookies::isn(place));
        if (!good) {
            shown[place].sequence = shown[place].sequence + 0x31U;
        }
    }
    const CycleCount count;
    for (auto _ : state) {
        for (std::size_t place = 0; place < kBatch; ++place) {
            auto options = cookies.redeem(place, Cookies::isn(place), shown[place]);
            benchmark::DoNotOptimize(options);
        }
    }
    count.report(state, kBatch);
}

BENCHMARK(hash)->Name("cookie/hash/batch");
BENCHMARK(issue_single)->Name("cookie/issue/single")->ArgName("timestamps")->Arg(0)->Arg(1);
BENCHMARK(issue_batch)->Name("cookie/issue/batch")->ArgName("timestamps")->Arg(0)->Arg(1);
BENCHMARK(redeem_single)->Name("cookie/redeem/single")->ArgName("timestamps")->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(redeem_batch, good, true)
    ->Name("cookie/redeem/batch")
    ->ArgName("timestamps")
    ->Arg(0)
    ->Arg(1);
BENCHMARK_CAPTURE(redeem_batch, forged, false)
    ->Name("cookie/refuse/batch")
    ->ArgName("timestamps")
    ->Arg(0)
    ->Arg(1);

}  // namespace
}  // namespace synward::bench
