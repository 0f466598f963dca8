// SPDX-License-Identifier: BSD-3-Clause
//
// The translation of a spliced connection's segments, each way.
#include "micro/frames.h"
#include "support/harness.h"
#include "tcp/splice.h"

namespace synward::bench {
namespace {

void splice(benchmark::State& state, wire::Side from) {
    const auto payload = static_cast<std::uint16_t>(state.range(0));
    Frames frames{[=](std::uint32_t number) { return data_draft(number, from, payload); }};
    const CycleCount count;
    for (auto _ : state) {
        const std::uint32_t first = frames.next_batch();
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            const tcp::Translation translation{.sequence_delta = 0x0102'0304U + place,
                                               .timestamp_delta = 0x0506'0708U + place,
                                               .client_scale = 7,
                                               .server_scale = 8,
                                               .promised_scale = 7,
                                               .timestamps = true};
            if (!tcp::splice(frames.frame(first + place), frames.segment(first + place),
                             translation)) {
                state.SkipWithError("refused");
            }
        }
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, frames.bytes_each());
}

BENCHMARK_CAPTURE(splice, from_client, wire::Side::kOutside)
    ->Name("splice/from_client")
    ->Arg(64)
    ->Arg(1448);
BENCHMARK_CAPTURE(splice, from_server, wire::Side::kInside)
    ->Name("splice/from_server")
    ->Arg(64)
    ->Arg(1448);

}  // namespace
}  // namespace synward::bench
