// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "flow/tracker.h"

namespace synward::flow {
namespace {

using wire::SequenceNumber;
using wire::Side;

// RFC 5927 section 4.1: SND.UNA =< SEG.SEQ < SND.NXT. The box does not know SND.UNA, but that it
// lies no further back than the peer's window.
TEST(MayBeInFlight, FromAWindowBehindToTheNextNumber) {
    for (const std::uint32_t next : {0x1000'0000U, 0x0000'0010U, 0x8000'0000U}) {
        Flow flow{};
        flow.next_of(Side::kInside) = SequenceNumber{next};
        flow.next_of(Side::kOutside) = SequenceNumber{next + 0x4000'0000U};
        flow.window[static_cast<unsigned>(Side::kOutside)].raise(1U << 20U);
        const auto may = [&](Side sender, std::uint32_t sequence) {
            return may_be_in_flight(flow, sender, SequenceNumber{sequence});
        };
        EXPECT_TRUE(may(Side::kInside, next));  // a bare ACK
        EXPECT_TRUE(may(Side::kInside, next - 1));
        EXPECT_TRUE(may(Side::kInside, next - (1U << 20U)));
        EXPECT_TRUE(may(Side::kInside, next - (1U << 20U) - 1));  // a keep-alive
        EXPECT_FALSE(may(Side::kInside, next - (1U << 20U) - 2));
        EXPECT_FALSE(may(Side::kInside, next + 1));
        EXPECT_FALSE(may(Side::kInside, next + 0x8000'0000U));
        // The other side's numbers and window are its own; an unseen window is 65,535.
        EXPECT_TRUE(may(Side::kOutside, next + 0x4000'0000U - 65'536U));
        EXPECT_FALSE(may(Side::kOutside, next + 0x4000'0000U - 65'537U));
        EXPECT_FALSE(may(Side::kOutside, next));
    }
}

}  // namespace
}  // namespace synward::flow
