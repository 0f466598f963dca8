// SPDX-License-Identifier: BSD-3-Clause
#include "flood/answers.h"

#include <gtest/gtest.h>

#include "support/frame_builder.h"

namespace synward::flood {
namespace {

using test::Bytes;
using test::FrameBuilder;

AnswerCounts count_of(const Bytes& frame) {
    AnswerCounts counts;
    count_answer(frame, static_cast<std::uint32_t>(frame.size()), counts);
    return counts;
}

TEST(Answers, AreCountedByKind) {
    const AnswerCounts syn_ack{.syn_ack = 1, .rst = 0, .other = 0};
    const AnswerCounts rst{.syn_ack = 0, .rst = 1, .other = 0};
    const AnswerCounts other{.syn_ack = 0, .rst = 0, .other = 1};
    const std::pair<unsigned, AnswerCounts> cases[] = {
        {0x12, syn_ack}, {0x52, syn_ack},  // with ECE
        {0x04, rst},     {0x14, rst},     {0x02, other}, {0x10, other}, {0x11, other},
    };
    for (const auto& [flags, expected] : cases) {
        FrameBuilder builder;
        EXPECT_EQ(
            count_of(builder.ipv4("10.0.0.2", "198.18.0.1").tcp(80, 1024).flags(flags).bytes()),
            expected)
            << flags;
        EXPECT_EQ(count_of(builder.vlan(5)
                               .ipv6("2001:db8::2", "2001:2::1")
                               .tcp(80, 1024)
                               .flags(flags)
                               .bytes()),
                  expected)
            << flags;
    }
    EXPECT_EQ(count_of(Bytes(60)), other);
    EXPECT_EQ(count_of({}), other);
}

}  // namespace
}  // namespace synward::flood
