// SPDX-License-Identifier: BSD-3-Clause
//
// The options of handshakes and of data.
#include <array>

#include "micro/frames.h"
#include "support/harness.h"

namespace synward::bench {
namespace {

/// `read(options)` of each frame.
template <typename Read>
void read_all(benchmark::State& state, Frames frames, Read&& read) {
    const CycleCount count;
    for (auto _ : state) {
        const std::uint32_t first = frames.next_batch();
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            auto found = read(frames.options(first + place));
            benchmark::DoNotOptimize(found);
        }
    }
    count.report(state, kBatch, static_cast<double>(frames.options(0).size()));
}

void read_handshake(benchmark::State& state) {
    read_all(state, Frames{[](std::uint32_t number) { return syn_draft(number); }},
             wire::read_handshake_options);
}
void find_in_data(benchmark::State& state) {
    read_all(state, Frames{[](std::uint32_t number) {
                 return data_draft(number, wire::Side::kOutside, 64);
             }},
             wire::find_options);
}

void write_handshake(benchmark::State& state) {
    std::array<std::array<std::uint8_t, wire::kMaximumOptionsLength>, kBatch> texts;
    unsigned length = 0;
    const CycleCount count;
    for (auto _ : state) {
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            length = wire::write_handshake_options(linux_options(place, place), texts[place]);
        }
        benchmark::DoNotOptimize(texts);
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, length);
}

BENCHMARK(read_handshake)->Name("options/read_handshake");
BENCHMARK(find_in_data)->Name("options/find_in_data");
BENCHMARK(write_handshake)->Name("options/write_handshake");

}  // namespace
}  // namespace synward::bench
