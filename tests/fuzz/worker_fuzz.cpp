// SPDX-License-Identifier: BSD-3-Clause
//
// Mutated packets through whole workers: two of them, on ring ports with two queues, with live
// connections of every kind, a small table and time that passes. After each batch every packet must
// be accounted for; again and again all connections time out, and nothing may be left of them.
#include <gtest/gtest.h>

#include <chrono>

#include "fuzz/corpus.h"
#include "fuzz/journal.h"
#include "fuzz/mutator.h"
#include "support/conversation.h"

namespace synward::fuzz {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bytes;
using test::Conversation;
using wire::Side;

constexpr unsigned kBatch = 64;
constexpr unsigned kBatchesOfOneCorpus = 2000;
constexpr std::uint16_t kQueues = 2;

class WorkerFuzz : public testing::Test {
  protected:
    void fuzz(std::uint64_t packets);

  private:
    void let_everything_expire();
    void make_corpus();
    void send_batch();
    void send(Side side, const Bytes& frame);

  protected:
    const defense::Policy policy_ = policy_with_every_challenge();
    test::RingBox box_{policy_, {.workers = 2, .queues = kQueues, .flow_capacity = 64}};
    const Extent extent_ = extent_or(SYNWARD_FUZZ_WORKER_PACKETS, 1);
    Journal journal_{extent_};

  private:
    Mutator mutator_{extent_.seed};
    std::vector<Seed> seeds_;
    Bytes frame_;
    unsigned generation_ = 0;
};

void WorkerFuzz::let_everything_expire() {
    // Ports that a mutant's RST has closed stay closed for three minutes: longer than any timeout.
    for (unsigned step = 0; step < 20; ++step) {
        box_.advance(seconds{10});
    }
    EXPECT_EQ(box_.engine().totals().held_now, 0U);
    for (const auto& worker : box_.engine().workers()) {
        EXPECT_EQ(worker->table().size(), 0U) << "flows that do not time out";
        for (std::size_t index = 0; index < policy_.services.size(); ++index) {
            EXPECT_EQ(worker->defender().services()[index].credits_left(),
                      policy_.services[index].budget / 2)
                << "credits of " << policy_.services[index].name << " were lost or made";
        }
    }
}

void WorkerFuzz::make_corpus() {
    let_everything_expire();
    seeds_.clear();
    add_frames_without_connection(seeds_);
    box_.keep_frames(true);
    for (unsigned number = 0; number < 16; ++number) {
        const unsigned port = 80 + number % 4;
        Conversation talk{box_,
                          {.ipv6 = number % 3 == 0,
                           .tags = number / 4 % 3,
                           .timestamps = number % 5 != 0,
                           .client = 1 + number,
                           .client_port = 1024 + generation_ % 60'000,
                           .server_port = port,
                           .client_isn = static_cast<std::uint32_t>(mutator_.random().next()),
                           .server_isn = static_cast<std::uint32_t>(mutator_.random().next())}};
        if (port != 80) {
            talk.establish_untouched();
        } else if (number < 8) {
            talk.establish();
        } else {
            talk.challenge();  // its cookie is for the mutants to redeem
        }
        add_frames_of(talk, seeds_);
    }
    box_.take(Side::kOutside);
    box_.take(Side::kInside);
    box_.keep_frames(false);
    ++generation_;
}

void WorkerFuzz::send(Side side, const Bytes& frame) {
    Random& random = mutator_.random();
    journal_.note(side, frame);
    const test::QueueId queue{.queue = static_cast<std::uint16_t>(random.below(kQueues))};
    if (frame.size() > 1 && random.one_in(32)) {
        const auto middle =
            frame.begin() + static_cast<std::ptrdiff_t>(1 + random.below(frame.size() - 1));
        box_.inject_chain(
            side, std::array{Bytes(frame.begin(), middle), Bytes(middle, frame.end())}, queue);
    } else {
        box_.inject(side, frame, queue);
    }
}

void WorkerFuzz::send_batch() {
    Random& random = mutator_.random();
    journal_.begin_batch();
    for (unsigned packet = 0; packet < kBatch; ++packet) {
        const Seed& seed = seeds_[random.below(seeds_.size())];
        frame_ = seed.frame;
        mutator_.mutate(frame_, seeds_[random.below(seeds_.size())].frame);
        send(random.one_in(32) ? opposite(seed.from) : seed.from, frame_);
    }
    if (random.one_in(16)) {
        box_.advance(milliseconds{random.below(400)});
    } else {
        box_.run();
    }
}

void WorkerFuzz::fuzz(std::uint64_t packets) {
    for (std::uint64_t batch = 0; batch * kBatch < packets; ++batch) {
        if (batch % kBatchesOfOneCorpus == 0) {
            make_corpus();
        }
        send_batch();
        box_.expect_every_packet_is_accounted_for();
        if (HasFailure()) {
            journal_.print();
            FAIL() << "in batch " << batch;
        }
    }
    let_everything_expire();
}

TEST_F(WorkerFuzz, EveryMutantIsAccountedFor) {
    fuzz(extent_.packets);
    EXPECT_GE(box_.injected(), extent_.packets);
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        std::printf("%-24s %12llu\n", wire::kReasons[reason].name.data(),
                    static_cast<unsigned long long>(box_.engine().totals().by_reason[reason]));
    }
}

}  // namespace
}  // namespace synward::fuzz
