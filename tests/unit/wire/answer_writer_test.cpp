// SPDX-License-Identifier: BSD-3-Clause
#include "wire/answer_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/frame_builder.h"
#include "support/frame_reader.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;

// What is written in place is what write_segment() writes, whatever the options are.
TEST(WriteAnswer, WritesWhatWriteSegmentDoes) {
    std::mt19937 random{3};
    for (unsigned which = 0; which < 4'000; ++which) {
        test::FrameBuilder builder;
        builder
            .raw_addresses(
                {static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random()),
                 static_cast<std::uint8_t>(random()), 1},
                {198, 51, 100, static_cast<std::uint8_t>(random())})
            .tcp(random() % 65'536, random() % 65'536, static_cast<std::uint32_t>(random()))
            .flags(kSyn)
            .payload(random() % 3 * 100);
        HandshakeOptions options;
        if ((which & 1U) != 0) {
            options.mss = static_cast<std::uint16_t>(random());
        }
        if ((which & 2U) != 0) {
            options.window_scale = static_cast<std::uint8_t>(random() % 15);
        }
        options.sack_permitted = (which & 4U) != 0;
        if ((which & 8U) != 0) {
            options.timestamps = {static_cast<std::uint32_t>(random()),
                                  static_cast<std::uint32_t>(random())};
        }
        const TcpFields fields{
            .sequence = SequenceNumber{static_cast<std::uint32_t>(random())},
            .acknowledgment = SequenceNumber{static_cast<std::uint32_t>(random())},
            .window = static_cast<std::uint16_t>(random()),
            .flags = static_cast<std::uint8_t>(random())};
        Bytes expected = builder.bytes();
        const auto [result, segment] = test::parse(expected);
        ASSERT_EQ(result.kind, FrameKind::kTcp);
        ASSERT_TRUE(is_usual(segment));
        expected.resize(std::max<std::size_t>(expected.size(), kMaximumBareFrame));
        Bytes frame = expected;
        expected.resize(write_segment(expected, segment, Direction::kOpposite, fields, options));
        frame.resize(write_answer(frame.data(), fields, options));
        const auto [at, other] = std::ranges::mismatch(frame, expected);
        ASSERT_TRUE(at == frame.end() && other == expected.end())
            << which << " differs at byte " << at - frame.begin() << ": " << int{*at} << " "
            << int{*other};
        ASSERT_TRUE(test::FrameReader{frame}.checksums_are_right()) << which;
    }
}

}  // namespace
}  // namespace synward::wire
