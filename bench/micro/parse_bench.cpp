// SPDX-License-Identifier: BSD-3-Clause
//
// Bytes to a Segment, of frames whose first line is in the cache, as the worker's prefetch has it.
#include <array>
#include <memory>

#include "micro/frames.h"
#include "support/harness.h"

namespace synward::bench {
namespace {

void run(benchmark::State& state, Frames frames, wire::Side from) {
    std::array<wire::Segment, kBatch> segments;
    const CycleCount count;
    for (auto _ : state) {
        const std::uint32_t first = frames.next_batch();
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            const auto frame = frames.frame(first + place);
            auto found =
                wire::parse(frame, static_cast<std::uint32_t>(frame.size()), from, segments[place]);
            benchmark::DoNotOptimize(found);
        }
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, frames.bytes_each());
}

void parse_syn(benchmark::State& state) {
    run(state, Frames{[](std::uint32_t number) { return syn_draft(number); }},
        wire::Side::kOutside);
}
void parse_data(benchmark::State& state) {
    run(state,
        Frames{[](std::uint32_t number) { return data_draft(number, wire::Side::kInside, 1448); }},
        wire::Side::kInside);
}

/// What the worker does: many at once.
void read_together(benchmark::State& state, Frames frames, wire::Side from) {
    const auto headers = std::make_unique<wire::UsualHeaders>();
    wire::UsualHeaders::Frames arrived;
    std::array<wire::Segment, kBatch> segments;
    std::uint64_t usual = ~std::uint64_t{0};
    const CycleCount count;
    for (auto _ : state) {
        frames.arrive(frames.next_batch(), from, arrived);
        headers->clear();
        headers->read(arrived, 0, kBatch, segments.data());
        usual &= headers->usual();
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, frames.bytes_each());
    if (usual != ~std::uint64_t{0}) {
        state.SkipWithError("frames that are not usual");
    }
}
void read_syns(benchmark::State& state, bool bare) {
    read_together(state, Frames{[=](std::uint32_t number) { return syn_draft(number, bare); }},
                  wire::Side::kOutside);
}
void read_data(benchmark::State& state) {
    read_together(state, Frames{[](std::uint32_t number) {
                      return data_draft(number, wire::Side::kInside, 1448);
                  }},
                  wire::Side::kInside);
}

BENCHMARK(parse_syn)->Name("parse/syn/one_by_one");
BENCHMARK(parse_data)->Name("parse/data/one_by_one");
BENCHMARK_CAPTURE(read_syns, linux, false)->Name("parse/syn/linux");
BENCHMARK_CAPTURE(read_syns, bare, true)->Name("parse/syn/bare");
BENCHMARK(read_data)->Name("parse/data");

}  // namespace
}  // namespace synward::bench
