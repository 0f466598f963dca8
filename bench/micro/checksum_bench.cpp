// SPDX-License-Identifier: BSD-3-Clause
//
// Checksums computed from all bytes, and updated by a difference (RFC 1624).
#include "micro/frames.h"
#include "support/harness.h"
#include "wire/checksum.h"

namespace synward::bench {
namespace {

Frames data_of(std::uint16_t payload) {
    return Frames{
        [=](std::uint32_t number) { return data_draft(number, wire::Side::kOutside, payload); }};
}

/// `work(frame, segment)` of each frame.
template <typename Work>
void each(benchmark::State& state, Frames frames, Work&& work) {
    const CycleCount count;
    for (auto _ : state) {
        const std::uint32_t first = frames.next_batch();
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            work(frames.frame(first + place), frames.segment(first + place));
        }
        benchmark::ClobberMemory();
    }
    count.report(state, kBatch, frames.bytes_each());
}

void verify_tcp(benchmark::State& state) {
    each(state, data_of(static_cast<std::uint16_t>(state.range(0))),
         [&](std::span<std::uint8_t> frame, const wire::Segment& segment) {
             if (!wire::tcp_checksum_is_right(frame, segment)) {
                 state.SkipWithError("a wrong checksum");
             }
         });
}
void set_tcp(benchmark::State& state) {
    each(state, data_of(static_cast<std::uint16_t>(state.range(0))),
         [](std::span<std::uint8_t> frame, const wire::Segment& segment) {
             wire::set_tcp_checksum(frame, segment);
         });
}
void verify_ipv4(benchmark::State& state) {
    each(state, data_of(0), [&](std::span<std::uint8_t> frame, const wire::Segment& segment) {
        const auto header = frame.subspan(segment.ip_offset, sizeof(wire::Ipv4Header));
        if (!wire::ipv4_header_checksum_is_right(header)) {
            state.SkipWithError("a wrong checksum");
        }
    });
}
/// As when one number of a spliced segment is exchanged for another.
void update_tcp(benchmark::State& state) {
    each(state, data_of(1448), [](std::span<std::uint8_t> frame, const wire::Segment& segment) {
        auto& header = wire::header_at<wire::TcpHeader>(&frame[segment.tcp_offset]);
        wire::ChecksumUpdate update;
        const auto sequence = wire::Big32::from_host(header.sequence.host() + 0x1234'5678U);
        update.replace(header.sequence, sequence);
        header.sequence = sequence;
        update.apply(header.checksum);
    });
}

BENCHMARK(verify_tcp)->Name("checksum/verify_tcp")->Arg(0)->Arg(64)->Arg(1448);
BENCHMARK(set_tcp)->Name("checksum/set_tcp")->Arg(0)->Arg(64)->Arg(1448);
BENCHMARK(verify_ipv4)->Name("checksum/verify_ipv4");
BENCHMARK(update_tcp)->Name("checksum/update_tcp");

}  // namespace
}  // namespace synward::bench
