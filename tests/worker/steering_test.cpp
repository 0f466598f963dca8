// SPDX-License-Identifier: BSD-3-Clause
//
// Several workers: both directions of a connection meet at one of them, whether the workers hand
// packets over or the devices spread them.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <rte_thash.h>

#include <thread>

#include "support/case_name.h"
#include "support/conversation.h"
#include "support/flood.h"

namespace synward::test {
namespace {

using defense::Challenge;
using synward::flood::FloodKind;
using wire::Reason;
using wire::Side;

struct Layout {
    const char* name;
    std::uint16_t workers;
    std::uint16_t queues;
};
void PrintTo(const Layout& layout, std::ostream* out) {
    *out << layout.name;
}
class HandOver : public testing::TestWithParam<Layout> {
  protected:
    [[nodiscard]] static BoxSettings settings() {
        return {.links = 2, .workers = GetParam().workers, .queues = GetParam().queues};
    }
    static std::uint16_t queue(unsigned number) {
        return static_cast<std::uint16_t>(number % GetParam().queues);
    }
};

TEST_P(HandOver, BothDirectionsMeetWhereverTheyComeIn) {
    RingBox box{policy_with(Challenge::kAlways), settings()};
    for (unsigned client = 1; client <= 60; ++client) {
        Conversation talk{box,
                          {.ipv6 = client % 3 == 0,
                           .client = client,
                           .link = static_cast<std::uint16_t>(client % 2),
                           .client_queue = queue(client),
                           .server_queue = queue(client / 2)}};
        talk.establish();
        talk.expect_data_crosses();
        talk.close();
    }
    EXPECT_EQ(box.count(Reason::kServerConnected), 60U);
    EXPECT_EQ(box.sum(wire::Disposition::kDropped), 0U);
    EXPECT_GT(box.engine().totals().handed_over, 0U);
    for (const auto& worker : box.engine().workers()) {
        EXPECT_GT(worker->table().size(), 5U) << "a worker that owns hardly a connection";
    }
}

TEST_P(HandOver, HeldDataIsDelivered) {
    RingBox box{policy_with(Challenge::kAlways), settings()};
    for (unsigned client = 1; client <= 30; ++client) {
        Conversation talk{box, {.client = client, .client_queue = queue(client)}};
        talk.challenge();
        talk.redeem(40);
        talk.client_sends(talk.from_client(kAck, 50));
        box.take(Side::kInside);
        talk.answer();
        EXPECT_EQ(box.take(Side::kInside).size(), 3U);
        EXPECT_EQ(box.take(Side::kOutside).size(), 1U);
    }
    EXPECT_EQ(box.count(Reason::kHeldReleased), 60U);
}

TEST_P(HandOver, AFloodIsAccountedForByEveryWorker) {
    RingBox box{policy_with(Challenge::kOverBudget, 300), settings()};
    flood(box, FloodKind::kMixed, 20'000);
    flood(box, FloodKind::kSyn, 20'000);
    box.expect_every_packet_is_accounted_for();
    EXPECT_EQ(box.sum(wire::Disposition::kDropped) + box.collected(), box.injected());
}

INSTANTIATE_TEST_SUITE_P(, HandOver,
                         testing::Values(Layout{"TwoWorkersOneQueue", 2, 1},
                                         Layout{"TwoWorkersTwoQueues", 2, 2},
                                         Layout{"ThreeWorkersOneQueue", 3, 1},
                                         Layout{"ThreeWorkersTwoQueues", 3, 2},
                                         Layout{"ThreeWorkersThreeQueues", 3, 3}),
                         CaseName{});

TEST(HandOverRing, OverflowIsCounted) {
    RingBox box{policy_with(Challenge::kAlways), {.workers = 2}};
    Conversation talk{box};
    for (unsigned client = 1; client <= 8000; ++client) {
        const Conversation one{box, {.client = client}};
        box.inject(Side::kOutside, one.syn());
    }
    // The other worker sleeps while this one takes everything in.
    while (box.engine().workers()[0]->turn() != 0) {
    }
    box.run();
    const std::uint64_t lost = box.count(Reason::kHandOverFull);
    EXPECT_GT(lost, 1000U);
    EXPECT_EQ(box.count(Reason::kSynChallenged), 8000U - lost);
    EXPECT_EQ(box.take(Side::kOutside).size(), 8000U - lost);
}

TEST(HandOverRing, IsEmptyAfterTheEnd) {
    RingBox box{policy_with(Challenge::kAlways), {.workers = 3}};
    for (unsigned client = 1; client <= 200; ++client) {
        const Conversation one{box, {.client = client}};
        box.inject(Side::kOutside, one.syn());
    }
    while (box.engine().workers()[0]->turn() != 0) {
    }
    box.engine().stop();
    EXPECT_EQ(box.count(Reason::kSynChallenged), 200U);
}

TEST(HandOverRing, IsEmptyAfterTheEndThoughTimersWereDue) {
    RingBox box{policy_with(Challenge::kAlways),
                {.workers = 2, .clock = worker::Clock::Source::kTsc}};
    for (unsigned client = 1; client <= 20; ++client) {
        Conversation talk{box, {.client = client}};
        talk.challenge();
        talk.redeem();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{400});  // each SYN is due again
    box.finish();
}

// The device's part: Toeplitz over addresses and ports with 0x6d5a repeated.

std::uint32_t toeplitz(const FrameReader& frame) {
    Bytes input;
    const auto append = [&](const Bytes& bytes) {
        input.insert(input.end(), bytes.begin(), bytes.end());
    };
    append(frame.ip_source());
    append(frame.ip_destination());
    for (const unsigned port : {frame.source_port(), frame.destination_port()}) {
        append({static_cast<std::uint8_t>(port >> 8U), static_cast<std::uint8_t>(port & 0xffU)});
    }
    std::vector<std::uint32_t> words(input.size() / 4);
    std::memcpy(words.data(), input.data(), input.size());
    for (std::uint32_t& word : words) {
        word = ntohl(word);
    }
    std::array<std::uint8_t, 40> key{};
    for (std::size_t index = 0; index < key.size(); ++index) {
        key[index] = index % 2 == 0 ? 0x6d : 0x5a;
    }
    return rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), key.data());
}

TEST(DeviceSteering, BothDirectionsMeetWithoutAnyHandOver) {
    RingBox box{policy_with(Challenge::kAlways),
                {.links = 2, .workers = 2, .queues = 2, .steers_by_software = false}};
    for (unsigned client = 1; client <= 60; ++client) {
        Conversation::Style style{.ipv6 = client % 2 == 0,
                                  .client = client,
                                  .client_port = 30'000 + client * 7,
                                  .link = static_cast<std::uint16_t>(client % 2)};
        const Conversation probe{box, style};
        const std::uint32_t hash = toeplitz(FrameReader{probe.syn()});
        ASSERT_EQ(hash, toeplitz(FrameReader{probe.syn_ack()}));
        style.client_queue = style.server_queue = static_cast<std::uint16_t>(hash % 2);
        Conversation talk{box, style};
        talk.establish();
        talk.expect_data_crosses();
        talk.close();
    }
    EXPECT_EQ(box.engine().totals().handed_over, 0U);
    for (const auto& worker : box.engine().workers()) {
        EXPECT_GT(worker->table().size(), 10U);
    }
}

}  // namespace
}  // namespace synward::test
