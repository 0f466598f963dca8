// SPDX-License-Identifier: BSD-3-Clause
//
// What is done to the SYNs and ACKs of floods, many at once, behind the look-up: decided, and
// answered over their own frames.
#include <array>
#include <bit>
#include <memory>
#include <vector>

#include "micro/frames.h"
#include "micro/subject.h"
#include "support/harness.h"
#include "wire/syn_acks.h"

namespace synward::bench {
namespace {

using wire::Side;

/// A batch as the worker has it by then.
struct Arrived {
    wire::UsualHeaders::Frames frames;
    wire::UsualHeaders headers;
    std::array<wire::Segment, kBatch> segments;
    std::array<tcp::Block, kBatch + wire::kLanes> hashes;
    std::array<defense::Verdict, kBatch> verdicts;
    defense::FloodAnswers answers;
};

std::vector<Arrived> arrive(Frames& frames, const Subject& subject) {
    std::vector<Arrived> batches(kBatches);
    for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
        Arrived& batch = batches[number / kBatch];
        const std::uint32_t place = number % kBatch;
        if (place == 0) {
            frames.arrive(number, Side::kOutside, batch.frames);
            batch.headers.clear();
            batch.headers.read(batch.frames, 0, kBatch, batch.segments.data());
        }
        batch.hashes[place] = subject.hash(frames.segment(number).tuple);
    }
    return batches;
}

/// Returns how many were decided: the others' services share a place with another one, so that the
/// general way is left to decide them.
unsigned answer(Subject& subject, Arrived& batch) {
    batch.answers.clear();
    unsigned decided = 0;
    for (unsigned first = 0; first < kBatch; ++first) {
        const unsigned in_a_row = subject.defender().floods().answer_syns(
            {.headers = batch.headers,
             .hashes = batch.hashes.data(),
             .verdicts = batch.verdicts.data(),
             .answers = batch.answers,
             .first = first,
             .count = static_cast<unsigned>(kBatch) - first});
        decided += in_a_row;
        first += in_a_row;
    }
    return decided;
}

void decide_syns(benchmark::State& state, bool bare) {
    const auto subject = std::make_unique<Subject>(defense::Challenge::kAlways);
    Frames frames{[=](std::uint32_t number) { return syn_draft(number, bare); }};
    // Each service's first SYN is decided in the general way.
    for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
        subject->decide(frames, number);
    }
    auto batches = arrive(frames, *subject);
    std::size_t next = 0;
    std::int64_t decided = 0;
    const CycleCount count;
    for (auto _ : state) {
        subject->begin_batch();
        decided += answer(*subject, batches[next]);
        next = (next + 1) % kBatches;
    }
    count.report(state, kBatch, frames.bytes_each());
    if (decided < state.iterations() * std::int64_t{kBatch} * 9 / 10) {
        state.SkipWithError("not decided as a flood");
    }
}

void write_syn_acks(benchmark::State& state, bool bare) {
    const auto subject = std::make_unique<Subject>(defense::Challenge::kAlways);
    Frames frames{[=](std::uint32_t number) { return syn_draft(number, bare); }};
    auto batches = arrive(frames, *subject);
    std::size_t next = 0;
    const CycleCount count;
    for (auto _ : state) {
        Arrived& batch = batches[next];
        wire::write_syn_acks(batch.headers, batch.answers.syn_acks, 0, kBatch, batch.frames);
        next = (next + 1) % kBatches;
    }
    count.report(state, kBatch, frames.bytes_each());
}

BENCHMARK_CAPTURE(decide_syns, linux, false)->Name("flood/decide/linux");
BENCHMARK_CAPTURE(decide_syns, bare, true)->Name("flood/decide/bare");
BENCHMARK_CAPTURE(write_syn_acks, linux, false)->Name("flood/write/linux");
BENCHMARK_CAPTURE(write_syn_acks, bare, true)->Name("flood/write/bare");

}  // namespace
}  // namespace synward::bench
