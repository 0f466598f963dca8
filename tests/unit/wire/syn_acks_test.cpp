// SPDX-License-Identifier: BSD-3-Clause
#include "wire/syn_acks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/arrived.h"
#include "support/frame_builder.h"
#include "support/frame_reader.h"
#include "support/options_text.h"
#include "support/wire.h"
#include "wire/frame_writer.h"
#include "wire/headers.h"
#include "wire/usual_options.h"

namespace synward::wire {
namespace {

using test::Arrived;
using test::Bytes;

struct Answer {
    TcpFields fields;
    HandshakeOptions options;
};

Answer answer_to(const Segment& syn, bool has_options, std::uint32_t echo, std::mt19937& random) {
    Answer answer{.fields = {.sequence = SequenceNumber{static_cast<std::uint32_t>(random())},
                             .acknowledgment = syn.sequence + 1,
                             .window = static_cast<std::uint16_t>(random()),
                             .flags = kSyn | kAck}};
    if (has_options) {
        answer.options = {.mss = static_cast<std::uint16_t>(random()),
                          .window_scale = static_cast<std::uint8_t>(random() % 15),
                          .sack_permitted = true,
                          .timestamps = Timestamps{static_cast<std::uint32_t>(random()), echo}};
    }
    return answer;
}

void put(SynAcks& answers, unsigned place, const Answer& answer) {
    answers.sequence[place] = answer.fields.sequence.value();
    answers.words[place].window = Big32::from_host(answer.fields.window);
    if (answer.options.mss) {
        const LinuxOptionsText text{answer.options};
        answers.words[place].options_head =
            std::bit_cast<Big32>(static_cast<std::uint32_t>(text.head));
        answers.words[place].options_tail = std::bit_cast<Big32>(text.tail);
        answers.timestamp[place] = answer.options.timestamps->value;
    }
}

/// SYNs of any addresses, ports and numbers, with Linux's options as often as `linux_in_four` says.
std::vector<Arrived::Sent> syns(unsigned count, unsigned linux_in_four, std::mt19937& random) {
    std::vector<Arrived::Sent> sent;
    for (unsigned place = 0; place < count; ++place) {
        const auto octet = [&] { return static_cast<std::uint8_t>(random()); };
        const auto number = [&] { return static_cast<std::uint32_t>(random()); };
        test::FrameBuilder builder;
        builder.macs({octet(), 1, 2, 3, 4, octet()}, {octet(), 5, 6, 7, 8, octet()})
            .raw_addresses({octet(), octet(), octet(), 1}, {198, 51, 100, octet()})
            .tcp(1 + number() % 65'535, number() % 65'536, number())
            .window(number() % 65'536)
            .flags(kSyn);
        if (number() % 4 < linux_in_four) {
            builder.options(test::OptionsText{.mss = number() % 65'536,
                                              .sack_permitted = true,
                                              .timestamps = std::pair{number(), number()},
                                              .window_scale = number() % 15}
                                .bytes());
        } else {
            builder.padding(random() % 2 * 6);
        }
        sent.emplace_back(builder.bytes(), Side::kOutside);
    }
    return sent;
}

class WriteSynAcks : public testing::TestWithParam<unsigned> {};

// What is written over many at once is what write_segment() writes over each; what is not to be
// answered stays as it was.
TEST_P(WriteSynAcks, WritesWhatWriteSegmentDoes) {
    std::mt19937 random{3};
    for (unsigned round = 0; round < 1'000; ++round) {
        const unsigned count = 1 + round % UsualHeaders::kMost;
        const auto sent = syns(count, GetParam(), random);
        Arrived arrived{sent};
        ASSERT_EQ(arrived.headers.linux_syns() | arrived.headers.bare_syns(), first_places(count));
        const auto first = static_cast<unsigned>(random() % count);
        const auto answered = static_cast<unsigned>(1 + random() % (count - first));
        SynAcks answers;
        answers.have_window = round % 8 != 0;
        std::vector<Bytes> expected;
        for (unsigned place = 0; place < count; ++place) {
            Bytes frame = sent[place].first;
            if (place >= first && place < first + answered) {
                const bool is_linux = has_place(arrived.headers.linux_syns(), place);
                const Segment& syn = arrived.segments[place];
                Answer answer = answer_to(
                    syn, is_linux, is_linux ? arrived.headers.timestamp[place].host() : 0, random);
                put(answers, place, answer);
                answer.fields.window = answers.have_window ? answer.fields.window : 0;
                frame.resize(kMaximumBareFrame);
                const std::size_t length =
                    write_segment(frame, syn, Direction::kOpposite, answer.fields, answer.options);
                EXPECT_EQ(length, is_linux ? kLinuxSynAckLength : kBareSynAckLength);
                frame.resize(length);
                if (!is_linux) {
                    frame.resize(62, 0);  // of the least frame, whoever wants it
                }
            }
            expected.push_back(frame);
        }
        write_syn_acks(arrived.headers, answers, first, answered, arrived.frames);
        for (unsigned place = 0; place < count; ++place) {
            const Bytes written = arrived.bytes(place, expected[place].size());
            const auto [at, other] = std::ranges::mismatch(written, expected[place]);
            ASSERT_TRUE(at == written.end() && other == expected[place].end())
                << round << ", place " << place << " of " << first << " and " << answered
                << " differs at byte " << at - written.begin();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(LinuxOfFour, WriteSynAcks, testing::Values(0, 1, 4));

}  // namespace
}  // namespace synward::wire
