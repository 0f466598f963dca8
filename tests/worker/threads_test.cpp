// SPDX-License-Identifier: BSD-3-Clause
//
// Workers on threads of their own, under load. Small, so that it can run under the thread
// sanitizer, which slows everything down.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include "support/ask.h"
#include "support/case_name.h"
#include "support/conversation.h"
#include "support/eal.h"
#include "support/flood.h"
#include "worker/flow_questions.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

struct Layout {
    const char* name;
    std::uint16_t workers;
    std::uint16_t queues;
    bool steers_by_software;
};
void PrintTo(const Layout& layout, std::ostream* out) {
    *out << layout.name;
}

class Threads : public testing::TestWithParam<Layout> {
  protected:
    static constexpr unsigned kConnections = 24;
    static constexpr unsigned kRounds = 100;

    void SetUp() override {
        for (unsigned client = 1; client <= kConnections; ++client) {
            // Without hand-over a device would bring both directions to one queue; any will do.
            const auto queue = static_cast<std::uint16_t>(client % GetParam().queues);
            talks.push_back({box,
                             {.ipv6 = client % 2 == 0,
                              .client = client,
                              .client_queue = queue,
                              .server_queue = queue}});
            talks.back().establish();
        }
    }
    /// Waits for room, as a device would not: what is counted as lost is what the box has lost.
    void put_in(Side side, const Bytes& frame, std::uint16_t queue) {
        while (!box.try_inject(side, frame, {.queue = queue})) {
            box.collect();
            std::this_thread::yield();
        }
    }
    void wait_until_all_is_done() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (box.engine().totals().received != box.injected() ||
               !box.engine().totals().every_packet_is_accounted_for() ||
               box.engine().totals().handed_over != box.engine().totals().taken_over) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "the workers are stuck";
            box.collect();
            std::this_thread::yield();
        }
        box.collect();
    }

    RingBox box{policy_with(Challenge::kAlways),
                {.workers = GetParam().workers,
                 .queues = GetParam().queues,
                 .steers_by_software = GetParam().steers_by_software,
                 .clock = worker::Clock::Source::kTsc}};
    std::vector<Conversation> talks;
};

TEST_P(Threads, ConnectionsCarryTheirDataInOrderBesideAFlood) {
    synward::flood::PacketFactory factory{
        {.destinations = {*wire::Address::parse("198.51.100.2"),
                          *wire::Address::parse("2001:db8:1::2")}}};
    Bytes frame(factory.maximum_length());
    const std::uint64_t connected = box.count(Reason::kInConnection);
    // Neither end waits for the other here, so neither may acknowledge what it cannot have got.
    std::vector<Conversation> servers = talks;
    box.engine().start();
    for (unsigned round = 0; round < kRounds; ++round) {
        for (std::size_t index = 0; index < talks.size(); ++index) {
            Conversation& talk = talks[index];
            put_in(Side::kOutside, talk.from_client(kAck, 10), talk.style().client_queue);
            put_in(Side::kInside, servers[index].from_server(kAck, 20), talk.style().server_queue);
            const std::uint32_t length = factory.write_next(frame);
            put_in(Side::kOutside, {frame.begin(), frame.begin() + length},
                   static_cast<std::uint16_t>(round % GetParam().queues));
        }
        box.collect();
        // The control thread's questions.
        EXPECT_LE(box.engine().totals().received, box.injected());
    }
    wait_until_all_is_done();
    box.engine().stop();
    box.collect();

    const std::uint64_t lost = box.sum(wire::Disposition::kDropped);
    EXPECT_EQ(box.count(Reason::kInConnection) - connected + lost +
                  box.count(Reason::kSynChallenged) - kConnections,
              3U * kRounds * kConnections);
    EXPECT_EQ(box.count(Reason::kHandOverFull) + box.count(Reason::kTransmitFull), lost);
    for (const Side side : {Side::kOutside, Side::kInside}) {
        std::map<std::string, std::uint32_t> last;
        for (const Bytes& out : box.take(side)) {
            const FrameReader reader{out};
            if ((reader.flags() & kSyn) != 0) {
                continue;
            }
            const Bytes client =
                side == Side::kOutside ? reader.ip_destination() : reader.ip_source();
            std::uint32_t& previous = last[{client.begin(), client.end()}];
            EXPECT_TRUE(previous == 0 || reader.sequence() - previous < 0x8000'0000U)
                << "a connection's segments have overtaken each other";
            previous = reader.sequence();
        }
        EXPECT_EQ(last.size(), kConnections);
    }
}

TEST_P(Threads, QuestionsAreAnsweredUnderLoad) {
    box.engine().start();
    const auto load = [&] {
        for (Conversation& talk : talks) {
            put_in(Side::kOutside, talk.from_client(kAck, 10), talk.style().client_queue);
        }
        box.collect();
    };
    for (unsigned round = 0; round < 2; ++round) {
        std::size_t listed = 0;
        for (std::size_t index = 0; index < GetParam().workers; ++index) {
            worker::ListFlows list{{}, 5, 64};
            do {
                list.go_on();
                ask(box.engine(), index, list, load);
                listed += list.records().size();
            } while (!list.is_at_end());
        }
        EXPECT_EQ(listed, kConnections);
    }
    wait_until_all_is_done();
    box.engine().stop();
}

/// One of a few policies that differ in all that a worker keeps by them.
defense::Policy variant(unsigned number) {
    constexpr Challenge kModes[] = {Challenge::kAlways, Challenge::kNever, Challenge::kOverBudget,
                                    Challenge::kMonitor};
    defense::Policy policy = policy_with(kModes[number % 4], 16 + number % 7);
    defense::ServicePolicy& service = policy.services[0];
    service.name = "name" + std::to_string(number % 5);
    service.ports = {{1, static_cast<std::uint16_t>(60'000 + number % 3)}};
    service.sources.allow = {*wire::Prefix::parse("192.0.2.7")};
    policy.sources.answers = 1'000'000 + number % 2;
    policy.sources.concurrent = 1000 + number % 2;
    policy.cookie_key_lifetime = std::chrono::seconds{4 + number % 3};
    if (number % 6 == 5) {
        policy.services.clear();
    }
    return policy;
}

TEST_P(Threads, ConnectionsCarryTheirDataWhilePoliciesChange) {
    synward::flood::PacketFactory factory{
        {.destinations = {*wire::Address::parse("198.51.100.2"),
                          *wire::Address::parse("2001:db8:1::2")}}};
    Bytes frame(factory.maximum_length());
    const std::uint64_t connected = box.count(Reason::kInConnection);
    std::vector<Conversation> servers = talks;
    box.engine().start();
    for (unsigned round = 0; round < kRounds; ++round) {
        box.engine().adopt(variant(round));
        for (std::size_t index = 0; index < talks.size(); ++index) {
            Conversation& talk = talks[index];
            put_in(Side::kOutside, talk.from_client(kAck, 10), talk.style().client_queue);
            put_in(Side::kInside, servers[index].from_server(kAck, 20), talk.style().server_queue);
            const std::uint32_t length = factory.write_next(frame);
            put_in(Side::kOutside, {frame.begin(), frame.begin() + length},
                   static_cast<std::uint16_t>(round % GetParam().queues));
        }
        box.collect();
        box.engine().reclaim_policies();
    }
    wait_until_all_is_done();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (box.engine().reclaim_policies() != 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << "a worker never leaves a policy";
        std::this_thread::yield();
    }
    box.engine().stop();
    box.collect();
    for (const auto& worker : box.engine().workers()) {
        EXPECT_EQ(worker->policy_adopted(), 1 + kRounds);
    }
    const std::uint64_t full = box.count(Reason::kHandOverFull) + box.count(Reason::kTransmitFull);
    EXPECT_GE(box.count(Reason::kInConnection) - connected + full, 2U * kRounds * kConnections);
    EXPECT_EQ(box.sum(wire::Disposition::kDropped), full);
}

TEST_P(Threads, StartAndStopAgain) {
    for (unsigned run = 0; run < 5; ++run) {
        box.engine().start();
        for (Conversation& talk : talks) {
            put_in(Side::kOutside, talk.from_client(kAck, 10), talk.style().client_queue);
        }
        wait_until_all_is_done();
        box.engine().stop();
        box.collect();
        EXPECT_EQ(box.take(Side::kInside).size(), kConnections);
    }
}

TEST_P(Threads, StopInTheMiddleLosesNothingFromTheAccounting) {
    box.engine().start();
    for (unsigned round = 0; round < 20; ++round) {
        for (Conversation& talk : talks) {
            put_in(Side::kOutside, talk.from_client(kAck, 10), talk.style().client_queue);
        }
    }
    box.engine().stop();
}

INSTANTIATE_TEST_SUITE_P(, Threads,
                         testing::Values(Layout{"OneWorker", 1, 1, true},
                                         Layout{"TwoWorkersOneQueue", 2, 1, true},
                                         Layout{"TwoWorkersTwoQueues", 2, 2, true},
                                         Layout{"ThreeWorkersOneQueue", 3, 1, true},
                                         Layout{"TwoWorkersSteeredByTheDevice", 2, 2, false}),
                         CaseName{});

TEST(ThreadsOverload, OverflowingRingsAreCounted) {
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.sources.answers = 10'000'000;  // one client asks for all of them, at any speed
    RingBox box{policy,
                {.workers = 2,
                 .clock = worker::Clock::Source::kTsc,
                 .transmit_places = 64,
                 .keeps_frames = false}};
    box.engine().start();
    const Conversation talk{box};
    const Bytes syn = talk.syn();
    // Nothing is taken out, so all but the first answers find the port's ring full.
    for (unsigned packet = 0; packet < 20'000; ++packet) {
        while (!box.try_inject(Side::kOutside, syn)) {
            std::this_thread::yield();
        }
    }
    box.engine().stop();
    const std::uint64_t refused = box.count(Reason::kTransmitFull);
    EXPECT_EQ(refused + box.count(Reason::kHandOverFull) + 64, box.engine().totals().received);
    EXPECT_GT(refused, 0U);
}

TEST(ThreadsStart, RefusesMoreWorkersThanCores) {
    RingBox box{policy_with(Challenge::kAlways), {.workers = kWorkerLcores + 1}};
    EXPECT_THROW(box.engine().start(), std::runtime_error);
}

}  // namespace
}  // namespace synward::test
