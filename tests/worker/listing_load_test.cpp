// SPDX-License-Identifier: BSD-3-Clause
//
// What the packets lose while a million flows are listed.
#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <vector>

#include "support/ask.h"
#include "support/conversation.h"
#include "worker/flow_questions.h"

namespace synward::test {
namespace {

using wire::Side;

constexpr std::uint32_t kFlows = 1U << 20U;
constexpr unsigned kPacketsInATurn = 64;
constexpr std::uint32_t kPlacesInATurn = kPacketsInATurn / worker::Worker::kPacketsForAPlace;

/// Puts open connections into the table without their handshakes: only that they are there matters.
class Fill : public worker::Question {
  public:
    bool work(const worker::Answering& worker, unsigned /*places*/) override {
        const std::array<std::uint8_t, 4> inside{198, 51, 100, 2};
        for (std::uint32_t number = 0; number < kFlows; ++number) {
            const std::array<std::uint8_t, 4> outside{10, static_cast<std::uint8_t>(number >> 16U),
                                                      static_cast<std::uint8_t>(number >> 8U),
                                                      static_cast<std::uint8_t>(number)};
            const wire::FourTuple tuple{wire::Address::from_ipv4(outside.data()),
                                        wire::Address::from_ipv4(inside.data()), 4711, 80};
            flow::Flow* const flow = worker.table.insert(tuple, worker.hasher(tuple));
            if (flow == nullptr) {
                return true;  // the number of flows will tell
            }
            flow->enter(flow::Phase::kOpen);
            flow->set_expiry(flow::CoarseTime::of(worker.now).after(std::chrono::hours{10}));
        }
        return true;
    }
};

std::uint64_t median(std::vector<std::uint64_t>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

// In every other turn the worker is asked for a part of the listing as large as it does in a turn,
// so that both kinds of turn see the same machine.
TEST(ListingUnderLoad, CostsThePacketsFivePercentAtMost) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer's share of either is not the box's: the release build measures";
#endif
    RingBox box{policy_with(defense::Challenge::kOverBudget), {.flow_capacity = kFlows + 4096}};
    worker::Worker& worker = *box.engine().workers()[0];
    std::vector<Conversation> talks;
    for (unsigned client = 1; client <= 512; ++client) {
        talks.push_back({box, {.client = client}});
        talks.back().establish_untouched();
    }
    box.keep_frames(false);
    Fill fill;
    ask(box.engine(), 0, fill, [&] { box.run(); });
    ASSERT_EQ(worker.table().size(), kFlows + talks.size());

    worker::ListFlows list{{}, kPlacesInATurn, kPlacesInATurn};
    std::array<std::vector<std::uint64_t>, 2> cycles;
    std::uint64_t listed = 0;
    std::size_t next = 0;
    for (unsigned turn = 0; turn < 6000; ++turn) {
        for (unsigned packet = 0; packet < kPacketsInATurn; ++packet) {
            Conversation& talk = talks[next++ % talks.size()];
            box.inject(Side::kOutside, talk.from_client(kAck, 100));
        }
        const bool is_asked = turn % 2 != 0;
        if (is_asked) {
            list.go_on();
            worker.questions().ask(list);
        }
        const std::uint64_t start = rte_rdtsc();
        box.engine().turn();
        cycles[is_asked ? 1 : 0].push_back(rte_rdtsc() - start);
        if (is_asked) {
            ASSERT_NE(worker.questions().take_answered(), nullptr) << "one turn must do";
            listed += list.records().size();
        }
        box.collect();
    }
    box.run();
    const auto without = static_cast<double>(median(cycles[0]));
    const auto with = static_cast<double>(median(cycles[1]));
    std::cout << listed << " flows listed; cycles a packet: " << without / kPacketsInATurn
              << " without listing, " << with / kPacketsInATurn
              << " with: " << 100 * (with / without - 1) << " % more\n";
    EXPECT_EQ(listed, 3000U * kPlacesInATurn);
    EXPECT_LE(with, 1.05 * without);
}

}  // namespace
}  // namespace synward::test
