// SPDX-License-Identifier: BSD-3-Clause
//
// Nothing on the packet path allocates, locks, calls the system or reads a clock more than once a
// batch: whole conversations and floods of every kind through a worker between ring devices, under
// watch.
#include <gtest/gtest.h>
#include <rte_malloc.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flood/kinds.h"
#include "support/conversation.h"
#include "support/flood.h"
#include "support/path_watch.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;
using worker::Clock;

/// A turn reads the clock once for each batch, of which each of the two ports gives it one, and
/// once for what it does besides.
constexpr std::uint32_t kMostClockReads = 3;

class PacketPath : public testing::Test {
  protected:
    void SetUp() override {
        if (!can_watch()) {
            GTEST_SKIP() << "kernel or sanitizer do not let a program be watched";
        }
    }
    /// A box all turns of which are watched.
    std::unique_ptr<RingBox> watched_box(const defense::Policy& policy,
                                         Clock::Source clock = Clock::Source::kTsc) {
        auto box = std::make_unique<RingBox>(policy, BoxSettings{.clock = clock});
        box->turn_by([this](worker::Engine& engine) {
            const PathReport report = watch([&engine] { return engine.turn(); });
            EXPECT_EQ(report.system_calls, 0U) << report.text();
            EXPECT_EQ(report.allocations, 0U) << report.text();
            EXPECT_EQ(report.dpdk_allocations, 0U) << report.text();
            EXPECT_EQ(report.locks, 0U) << report.text();
            EXPECT_LE(report.clock_reads, report.packets == 0 ? 1 : kMostClockReads)
                << report.text();
            packets += report.packets;
            clock_reads += report.clock_reads;
            return report.packets;
        });
        return box;
    }
    std::uint64_t packets = 0;
    std::uint64_t clock_reads = 0;
};

/// Those that count looks at a clock.
class PacketPathClocks : public PacketPath {
  protected:
    void SetUp() override {
        PacketPath::SetUp();
        if (!IsSkipped() && !can_watch_clocks()) {
            GTEST_SKIP() << "this machine's time stamp counter does not trap: looks at a clock "
                            "ARE NOT COUNTED";
        }
    }
};

// What the watch must find, each in a turn that does what no turn may do.

TEST_F(PacketPath, WatchFindsASystemCall) {
    const PathReport report = watch([] { return static_cast<unsigned>(getppid()); });
    EXPECT_EQ(report.system_calls, 1U);
    EXPECT_EQ(report.packets, static_cast<unsigned>(getppid())) << "it was made all the same";
}

TEST_F(PacketPathClocks, WatchFindsASystemCallBehindAClock) {
    const PathReport report = watch([] {
        __builtin_ia32_rdtsc();
        return static_cast<unsigned>(getppid());
    });
    EXPECT_EQ(report.clock_reads, 1U);
    EXPECT_EQ(report.system_calls, 1U);
}

TEST_F(PacketPath, WatchFindsAnAllocation) {
    EXPECT_GT(watch([] { return std::make_unique<volatile unsigned>(0U) ? 0U : 1U; }).allocations,
              0U);
    void* memory = nullptr;
    const PathReport report = watch([&] {
        memory = rte_malloc(nullptr, 64, 0);
        return 0U;
    });
    EXPECT_EQ(report.dpdk_allocations, 1U);
    rte_free(memory);
}

TEST_F(PacketPath, WatchFindsALock) {
    static std::mutex mutex;
    EXPECT_EQ(watch([] {
                  const std::lock_guard lock{mutex};
                  return 0U;
              }).locks,
              1U);
}

TEST_F(PacketPathClocks, WatchFindsClocksHoweverTheyAreRead) {
    EXPECT_EQ(watch([] { return static_cast<unsigned>(__builtin_ia32_rdtsc() & 0U); }).clock_reads,
              1U);
    // By the vDSO, or by a system call where its clock is not the counter.
    const PathReport report = watch([] {
        timespec time{};
        clock_gettime(CLOCK_MONOTONIC, &time);
        return 0U;
    });
    EXPECT_GE(report.clock_reads + report.system_calls, 1U);
}

TEST_F(PacketPath, WatchFindsNothingInATurnThatDoesNothing) {
    const PathReport report = watch([] { return 0U; });
    EXPECT_EQ(report.system_calls + report.allocations + report.dpdk_allocations + report.locks +
                  report.clock_reads,
              0U);
}

// What goes through the box.

TEST_F(PacketPath, AConversationThroughAChallenge) {
    for (const bool ipv6 : {false, true}) {
        const auto box = watched_box(policy_with(Challenge::kAlways));
        Conversation talk{*box, {.ipv6 = ipv6}};
        talk.establish();
        talk.expect_data_crosses();
        talk.close();
        EXPECT_EQ(box->count(Reason::kSynChallenged), 1U);
    }
    EXPECT_GE(packets, 16U);
}

TEST_F(PacketPathClocks, WatchFindsTheClockOfTheBox) {
    const auto box = watched_box(policy_with(Challenge::kAlways));
    Conversation{*box, {}}.establish();
    EXPECT_GT(clock_reads, 0U);
}

TEST_F(PacketPath, AConversationThatPasses) {
    const auto box = watched_box(policy_with(Challenge::kOverBudget));
    Conversation talk{*box};
    talk.establish_untouched();
    talk.expect_data_crosses();
    talk.close();
    EXPECT_GE(packets, 8U);
}

TEST_F(PacketPath, DataThatIsHeldUntilTheServerAnswers) {
    const auto box = watched_box(policy_with(Challenge::kAlways));
    Conversation talk{*box};
    talk.challenge();
    talk.redeem(100);
    talk.answer();
    EXPECT_GE(box->count(Reason::kHeldReleased), 1U);
}

TEST_F(PacketPath, TimersOfEveryKind) {
    // Retransmissions to a client and to a server, expiry, and a reset where nobody answers.
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.on_expiry = defense::OnExpiry::kReset;
    policy.timeouts.established = std::chrono::seconds{1};
    const auto box = watched_box(policy, Clock::Source::kPacket);
    Conversation established{*box};
    established.establish();
    Conversation silent{*box, {.client = 2}};
    silent.challenge();
    silent.redeem();
    Conversation lost{*box, {.client = 3}};
    lost.challenge();
    for (unsigned step = 0; step < 40; ++step) {
        box->advance(std::chrono::milliseconds{250});
    }
    EXPECT_GE(box->count(Reason::kSynAckAgain), 1U);
    EXPECT_GE(box->count(Reason::kSynToServerAgain), 1U);
    EXPECT_GE(box->count(Reason::kResetToClient), 1U);
    EXPECT_GE(box->count(Reason::kResetOnExpiryClient), 1U);
    EXPECT_EQ(clock_reads, 0U) << "the packets' own time needs no clock";
}

class PacketPathFlood : public PacketPath,
                        public testing::WithParamInterface<synward::flood::FloodKind> {};

TEST_P(PacketPathFlood, IsDealtWithInTheSameWay) {
    constexpr std::uint32_t kSegments = 3000;
    for (const Challenge challenge : {Challenge::kAlways, Challenge::kOverBudget}) {
        const auto box = watched_box(policy_with(challenge, 64));
        flood(*box, GetParam(), kSegments);
    }
    EXPECT_EQ(packets, 2 * kSegments);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, PacketPathFlood, testing::ValuesIn([] {
                             std::vector<synward::flood::FloodKind> kinds;
                             for (const auto& [kind, name] : synward::flood::kKindNames) {
                                 kinds.push_back(kind);
                             }
                             return kinds;
                         }()),
                         [](const auto& kind) {
                             std::string name{synward::flood::name_of(kind.param)};
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace synward::test
