// SPDX-License-Identifier: BSD-3-Clause
//
// Mutated frames through the layers below the worker, each in a heap buffer that ends where the
// frame ends, so that the address sanitizer sees every byte read or written too far.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "defense/defender.h"
#include "fuzz/corpus.h"
#include "fuzz/journal.h"
#include "fuzz/mutator.h"
#include "tcp/splice.h"
#include "tcp/splice_icmp_error.h"
#include "wire/cut_data.h"
#include "wire/frame_writer.h"

namespace synward::fuzz {
namespace {

using defense::Action;
using std::chrono::milliseconds;
using test::Bytes;
using test::Dialogue;
using wire::Disposition;
using wire::Side;

constexpr std::uint32_t kCapacity = 32;
constexpr unsigned kFramesOfOneBatch = 32;
constexpr unsigned kBatchesOfOneCorpus = 4000;

/// Which dispositions the reason of an action may have.
bool fits(Action action, Disposition disposition) {
    switch (action) {
        case Action::kForward:
        case Action::kSplice:
        case Action::kSpliceIcmpError:
        case Action::kForwardWithoutData:
        case Action::kAbortServer:
        case Action::kRefuseClient:
            return disposition == Disposition::kForwarded;
        case Action::kDrop:
            return disposition == Disposition::kDropped;
        case Action::kHold:
            return disposition == Disposition::kHeld;
        case Action::kConnectServer:
            return disposition == Disposition::kHeld || disposition == Disposition::kForwarded;
        case Action::kAnswerSyn:
        case Action::kAnswerRefused:
        case Action::kAnswerReset:
        case Action::kResetSender:
        case Action::kJoin:
            return disposition == Disposition::kAnswered;
    }
    return false;
}

/// What a worker does to a segment, without packets.
class Layers {
  public:
    Layers() {
        void* const memory = std::aligned_alloc(64, bytes_);
        std::memset(memory, 0, bytes_);
        memory_.reset(static_cast<std::byte*>(memory));
        table_ =
            std::make_unique<flow::Table>(std::span{memory_.get(), bytes_}, kCapacity, hasher_);
        defender_ = std::make_unique<defense::Defender>(generation_, *table_, connecting_, hasher_,
                                                        defense::Surroundings{}, now_);
    }

    /// `contiguous`: how much of the frame lies in its first piece.
    defense::Verdict take(Side from, const Bytes& frame, std::size_t contiguous) {
        const auto buffer = std::make_unique<std::uint8_t[]>(contiguous);
        std::copy_n(frame.begin(), contiguous, buffer.get());
        const std::span<std::uint8_t> piece{buffer.get(), contiguous};
        wire::Segment segment;
        const wire::ParseResult found =
            wire::parse(piece, static_cast<std::uint32_t>(frame.size()), from, segment);
        if (!wire::concerns_a_connection(found.kind)) {
            return checked(defender_->decide_unreadable(found, segment));
        }
        const tcp::Block hash = hasher_(segment.tuple);
        if (found.kind == wire::FrameKind::kIcmpError) {
            const defense::Verdict verdict =
                checked(defender_->decide_icmp_error({.segment = segment,
                                                      .frame = piece,
                                                      .hash = hash,
                                                      .flow = table_->find(segment.tuple, hash)}));
            rewrite(verdict, piece, segment);
            return verdict;
        }
        const bool whole = segment.frame_length() <= contiguous;
        const defense::Verdict verdict =
            checked(defender_->decide({.segment = segment,
                                       .frame = piece,
                                       .hash = hash,
                                       .flow = table_->find(segment.tuple, hash),
                                       .checksum = whole ? defense::ChecksumState::kUnknown
                                                         : defense::ChecksumState::kRight}));
        rewrite(verdict, piece, segment);
        return verdict;
    }
    defense::Verdict take(Side from, const Bytes& frame) { return take(from, frame, frame.size()); }

    void end_batch(milliseconds elapsed) {
        connecting_.recycle();
        now_ += elapsed;
        defender_->begin_batch(now_);
        defender_->expire(kCapacity);
        for (std::uint32_t number = 0; number < connecting_.capacity(); ++number) {
            defender_->retry(number);
        }
        connecting_.recycle();
        EXPECT_LE(table_->half_open(), table_->size());
    }
    void expect_nothing_is_left() {
        for (unsigned step = 0; step < 15; ++step) {
            end_batch(std::chrono::seconds{10});
        }
        EXPECT_EQ(table_->size(), 0U);
        EXPECT_EQ(table_->half_open(), 0U);
        EXPECT_EQ(connecting_.in_use(), 0U);
        for (std::size_t index = 0; index < policy_.services.size(); ++index) {
            EXPECT_EQ(defender_->services()[index].credits_left(), policy_.services[index].budget);
        }
    }

    /// A connection of `style`, as far as `join` says; false where it did not come about.
    void establish(Dialogue& dialogue, bool join) {
        const defense::Verdict answer = take(Side::kOutside, dialogue.syn());
        const bool challenged = answer.action == Action::kAnswerSyn;
        dialogue.accept(challenged ? answer.sequence.value() : dialogue.style().server_isn,
                        challenged && answer.options.timestamps ? answer.options.timestamps->value
                                                                : dialogue.server_clock);
        if (challenged && !join) {
            return;
        }
        if (challenged) {
            EXPECT_EQ(take(Side::kOutside, dialogue.from_client(test::kAck)).action,
                      Action::kConnectServer);
        }
        const defense::Verdict second = take(Side::kInside, dialogue.syn_ack());
        EXPECT_EQ(second.action, challenged ? Action::kJoin : Action::kForward);
        dialogue.answered();
        if (!challenged) {
            take(Side::kOutside, dialogue.from_client(test::kAck));
        }
        connecting_.recycle();
    }

  private:
    static defense::Verdict checked(const defense::Verdict& verdict) {
        EXPECT_TRUE(fits(verdict.action, wire::disposition(verdict.reason)))
            << wire::description(verdict.reason).name;
        return verdict;
    }
    static void rewrite(const defense::Verdict& verdict, std::span<std::uint8_t> frame,
                        wire::Segment segment) {
        if (verdict.action == Action::kSplice) {
            // Whether its options are well-formed is for splice() to say.
            static_cast<void>(tcp::splice(frame, segment, verdict.translation));
        }
        if (verdict.action == Action::kForwardWithoutData) {
            EXPECT_LE(wire::cut_data(frame, segment), frame.size());
            return;
        }
        if (verdict.action == Action::kSpliceIcmpError) {
            tcp::splice_icmp_error(frame, segment, verdict.translation.sequence_delta);
        }
        if (verdict.action != Action::kAnswerSyn) {
            return;
        }
        const unsigned syn_length = segment.frame_length();
        const auto answer = std::make_unique<std::uint8_t[]>(wire::kMaximumBareFrame);
        std::copy_n(frame.begin(), segment.ip_offset, answer.get());
        EXPECT_LE(wire::write_segment({answer.get(), wire::kMaximumBareFrame}, segment,
                                      wire::Direction::kOpposite, {}, verdict.options),
                  syn_length)
            << "the answer is longer than the SYN";
    }

    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    const defense::Policy policy_ = policy_with_every_challenge();
    const defense::PolicyGeneration generation_{policy_};
    const tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    defense::ConnectingPool connecting_{policy_.hold.connections, policy_.hold.segments,
                                        policy_.hold.segments_per_connection};
    const std::size_t bytes_ = (flow::Table::required_bytes(kCapacity) + 63) / 64 * 64;
    std::unique_ptr<std::byte, Free> memory_;
    std::unique_ptr<flow::Table> table_;
    std::unique_ptr<defense::Defender> defender_;
    tcp::Time now_{std::chrono::seconds{1'700'000'000}};
};

class LayersFuzz : public testing::Test {
  protected:
    void make_corpus(std::uint32_t generation) {
        layers.expect_nothing_is_left();
        seeds.clear();
        add_frames_without_connection(seeds);
        for (unsigned number = 0; number < 16; ++number) {
            Dialogue dialogue{{.ipv6 = number % 3 == 0,
                               .tags = number / 4 % 3,
                               .timestamps = number % 5 != 0,
                               .client = 1 + number,
                               .client_port = 1024 + generation % 60'000,
                               .server_port = 80 + number % 4}};
            layers.establish(dialogue, number < 8);
            add_frames_of(dialogue, seeds);
        }
    }
    void send_batch() {
        Random& random = mutator.random();
        journal.begin_batch();
        for (unsigned count = 0; count < kFramesOfOneBatch; ++count) {
            const Seed& seed = seeds[random.below(seeds.size())];
            Bytes frame = seed.frame;
            mutator.mutate(frame, seeds[random.below(seeds.size())].frame);
            journal.note(seed.from, frame);
            const bool whole = frame.empty() || !random.one_in(8);
            layers.take(seed.from, frame, whole ? frame.size() : random.below(frame.size()));
        }
        layers.end_batch(milliseconds{random.one_in(8) ? random.below(200) : 0});
    }

    const Extent extent = extent_or(SYNWARD_FUZZ_LAYERS_PACKETS, 2);
    Journal journal{extent};
    Mutator mutator{extent.seed};
    Layers layers;
    std::vector<Seed> seeds;
};

TEST_F(LayersFuzz, NothingIsReadOrWrittenBeyondTheFrame) {
    for (std::uint32_t batch = 0; std::uint64_t{batch} * kFramesOfOneBatch < extent.packets;
         ++batch) {
        if (batch % kBatchesOfOneCorpus == 0) {
            make_corpus(batch / kBatchesOfOneCorpus);
        }
        send_batch();
        if (HasFailure()) {
            journal.print();
            FAIL() << "in batch " << batch;
        }
    }
    layers.expect_nothing_is_left();
}

TEST_F(LayersFuzz, OptionsOfAnyBytes) {
    Random& random = mutator.random();
    for (std::uint64_t count = 0; count < extent.packets; ++count) {
        const std::size_t length = random.below(41);
        const auto text = std::make_unique<std::uint8_t[]>(length);
        std::generate_n(text.get(), length, [&] {
            return random.one_in(3) ? random.byte() : static_cast<std::uint8_t>(random.below(12));
        });
        const std::span<const std::uint8_t> options{text.get(), length};
        const auto read = wire::read_handshake_options(options);
        const auto found = wire::find_options(options);
        if (found && found->timestamps != 0) {
            ASSERT_LE(found->timestamps + 8U, length);
            wire::timestamps_at(options, found->timestamps);
        }
        if (found && found->sack != 0) {
            ASSERT_LE(found->sack + found->sack_blocks * 8U, length);
        }
        if (read) {
            std::array<std::uint8_t, wire::kMaximumOptionsLength> written;
            ASSERT_LE(wire::write_handshake_options(*read, written), 40U);
        }
    }
}

}  // namespace
}  // namespace synward::fuzz
