// SPDX-License-Identifier: BSD-3-Clause
//
// The decision alone: segments parsed, hashed and looked up, to a verdict that nobody carries out.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <vector>

#include "defense/defender.h"
#include "micro/frames.h"
#include "support/harness.h"
#include "support/table_memory.h"

namespace synward::bench {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

class Subject {
  public:
    explicit Subject(Challenge challenge)
        : generation_{policy_of(1000, challenge)},
          defender_{generation_, table_, connecting_, hasher_, {.cookie_secret = {7, 8, 9}}, now_} {
        defender_.begin_batch(now_);
    }
    defense::Verdict decide(Frames& frames, std::uint32_t number) {
        const wire::Segment& segment = frames.segment(number);
        const tcp::Block hash = hasher_(segment.tuple);
        return decide(frames, number, hash, table_.find(segment.tuple, hash));
    }
    defense::Verdict decide(Frames& frames, std::uint32_t number, const tcp::Block& hash,
                            flow::Flow* flow) {
        return defender_.decide({.segment = frames.segment(number),
                                 .frame = frames.frame(number),
                                 .hash = hash,
                                 .flow = flow});
    }
    /// One round of what the worker has done before it decides.
    void look_up(Frames& frames, std::vector<tcp::Block>& hashes, std::vector<flow::Flow*>& flows) {
        for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
            const wire::FourTuple& tuple = frames.segment(number).tuple;
            hashes.push_back(hasher_(tuple));
            flows.push_back(table_.find(tuple, hashes.back()));
        }
    }
    void begin_batch() { defender_.begin_batch(now_); }

  private:
    static constexpr std::uint32_t kFlows = 1U << 14U;
    defense::PolicyGeneration generation_;
    TableMemory memory_{flow::Table::required_bytes(kFlows), true};
    tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    flow::Table table_{memory_.span(), kFlows, hasher_};
    defense::ConnectingPool connecting_{4096, 8192, 8};
    tcp::Time now_{std::chrono::hours{1}};
    defense::Defender defender_;
};

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
