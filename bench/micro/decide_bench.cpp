// SPDX-License-Identifier: BSD-3-Clause
//
// The decision alone: segments parsed, hashed and looked up, to a verdict that nobody carries out.
#include <memory>
#include <vector>

#include "micro/frames.h"
#include "micro/subject.h"
#include "support/harness.h"

namespace synward::bench {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

void run(benchmark::State& state, Subject& subject, Frames& frames, Reason expected) {
    std::vector<tcp::Block> hashes;
    std::vector<flow::Flow*> flows;
    subject.look_up(frames, hashes, flows);
    std::uint64_t others = 0;
    const CycleCount count;
    for (auto _ : state) {
        const std::uint32_t first = frames.next_batch();
        subject.begin_batch();
        for (std::uint32_t place = first; place < first + kBatch; ++place) {
            const auto verdict = subject.decide(frames, place, hashes[place], flows[place]);
            others += verdict.reason == expected ? 0U : 1U;
        }
    }
    count.report(state, kBatch, frames.bytes_each());
    if (others != 0) {
        state.SkipWithError("another verdict");
    }
}

void syn(benchmark::State& state, bool bare) {
    const auto subject = std::make_unique<Subject>(Challenge::kAlways);
    Frames frames{[=](std::uint32_t number) { return syn_draft(number, bare); }};
    run(state, *subject, frames, Reason::kSynChallenged);
}

void ack_without_flow(benchmark::State& state) {
    const auto subject = std::make_unique<Subject>(Challenge::kAlways);
    // A cookie is outstanding for each service, so that the ACKs' own are checked.
    Frames syns{[](std::uint32_t number) { return syn_draft(number, true); }};
    for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
        subject->decide(syns, number);
    }
    const auto draft_of = [](std::uint32_t number) {
        Draft draft = syn_draft(number + 100'000, true);
        draft.fields.flags = wire::kAck;
        // Found by trial so that the claimed epoch is one that is honoured in any case: the number
        // of the cookie does not matter to the check's cost otherwise.
        draft.fields.acknowledgment = wire::SequenceNumber{number * 0x9e37'79b1U};
        draft.options = {.timestamps = wire::Timestamps{1, number}};
        return draft;
    };
    Frames frames{draft_of};
    run(state, *subject, frames, Reason::kCookieInvalid);
}

/// Data of the client in connections that passed untouched.
void data(benchmark::State& state) {
    const auto subject = std::make_unique<Subject>(Challenge::kNever);
    const auto shake = [&](std::uint8_t flags, Side from, std::uint32_t mine, std::uint32_t peer) {
        Frames frames{[=](std::uint32_t number) {
            Draft draft = syn_draft(number);
            draft.from = from;
            draft.fields.flags = flags;
            draft.fields.sequence = wire::SequenceNumber{mine};
            draft.fields.acknowledgment = wire::SequenceNumber{peer};
            return draft;
        }};
        for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
            subject->decide(frames, number);
        }
    };
    shake(wire::kSyn, Side::kOutside, 100, 0);
    shake(wire::kSyn | wire::kAck, Side::kInside, 900, 101);
    shake(wire::kAck, Side::kOutside, 101, 901);
    Frames frames{[](std::uint32_t number) {
        Draft draft = data_draft(number, Side::kOutside, 64);
        draft.fields.sequence = wire::SequenceNumber{101};
        draft.fields.acknowledgment = wire::SequenceNumber{901};
        return draft;
    }};
    run(state, *subject, frames, Reason::kInConnection);
}

BENCHMARK_CAPTURE(syn, linux_options, false)->Name("decide/syn_challenged/linux");
BENCHMARK_CAPTURE(syn, bare, true)->Name("decide/syn_challenged/bare");
BENCHMARK(ack_without_flow)->Name("decide/ack_without_flow");
BENCHMARK(data)->Name("decide/data");

}  // namespace
}  // namespace synward::bench
