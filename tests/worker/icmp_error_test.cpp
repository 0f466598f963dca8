// SPDX-License-Identifier: BSD-3-Clause
//
// ICMP errors about spliced connections, frame by frame: path MTU discovery (RFC 1191, RFC 8201).
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"
#include "support/icmp_error.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

struct Layout {
    const char* name;
    bool ipv6;
    std::uint16_t workers;
    std::uint16_t queues;
};
void PrintTo(const Layout& layout, std::ostream* out) {
    *out << layout.name;
}
class IcmpErrorThroughTheBox : public testing::TestWithParam<Layout> {
  protected:
    [[nodiscard]] static Bytes error_about(const Bytes& frame) {
        return IcmpError::too_big(GetParam().ipv6).about(frame, 14);
    }
};

TEST_P(IcmpErrorThroughTheBox, QuotesWhatItsReceiverHasSent) {
    RingBox box{policy_with(Challenge::kAlways),
                {.workers = GetParam().workers, .queues = GetParam().queues}};
    for (unsigned client = 1; client <= 24; ++client) {
        const auto queue = [](unsigned number) {
            return static_cast<std::uint16_t>(number % GetParam().queues);
        };
        Conversation talk{box,
                          {.ipv6 = GetParam().ipv6,
                           .client = client,
                           .client_queue = queue(client),
                           .server_queue = queue(client / 2)}};
        talk.establish();
        const Bytes from_server = talk.from_server(kAck, 900);
        talk.server_sends(from_server);
        const Bytes at_client = box.take_only(Side::kOutside);
        box.inject(Side::kOutside, error_about(at_client), {.queue = queue(client / 3)});
        box.run();
        const FrameReader sent{from_server};
        const Bytes error = box.take_only(Side::kInside);
        const std::size_t tcp = 14 + (GetParam().ipv6 ? 40U + 8 + 40 : 20U + 8 + 20);
        const auto word_at = [&](std::size_t offset) {
            return static_cast<std::uint32_t>(error.at(offset) << 24U |
                                              error.at(offset + 1) << 16U |
                                              error.at(offset + 2) << 8U | error.at(offset + 3));
        };
        EXPECT_EQ(word_at(tcp + 4), sent.sequence());
        EXPECT_EQ(word_at(tcp + 8), sent.acknowledgment());
    }
    EXPECT_EQ(box.count(Reason::kIcmpError), 24U);
    EXPECT_EQ(box.sum(wire::Disposition::kDropped), 0U);
}

INSTANTIATE_TEST_SUITE_P(Layouts, IcmpErrorThroughTheBox,
                         testing::Values(Layout{"OneWorker", false, 1, 1},
                                         Layout{"OneWorkerIpv6", true, 1, 1},
                                         Layout{"ThreeWorkersOneQueue", false, 3, 1},
                                         Layout{"FourWorkersIpv6", true, 4, 4}),
                         CaseName{});

}  // namespace
}  // namespace synward::test
