// SPDX-License-Identifier: BSD-3-Clause
//
// A million invented sources at the challenge by reset: nothing of them stays, and honest sources
// are admitted all the time.
#include <gtest/gtest.h>

#include <random>

#include "exchange.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst, wire::kSyn;

constexpr std::uint32_t kSpoofed = 1'000'000;

class ResetFlood : public testing::Test {
  protected:
    static Policy policy() {
        Policy policy = one_service(Challenge::kOverBudget, kBudget);
        policy.services[0].method = Method::kReset;
        policy.sources.answers = 10'000'000;  // not what is asked here
        return policy;
    }
    static constexpr std::uint32_t kBudget = 16;
    Box box{Box::Settings{.policy = policy(), .capacity = 4096}};
    std::mt19937 random{1};

    /// A segment of any source, of the flags and numbers of `like`.
    Verdict send(const wire::Address& source, unsigned port, const Sent& like) {
        const test::Bytes frame = Box::frame_of(like);
        auto [result, segment] = test::parse(frame, Side::kOutside);
        segment.tuple.outside_address = source;
        segment.tuple.outside_port = static_cast<std::uint16_t>(port);
        const tcp::Block hash = box.hasher(segment.tuple);
        box.defender.begin_batch(box.now);
        return box.defender.decide({.segment = segment,
                                    .frame = frame,
                                    .hash = hash,
                                    .flow = box.table.find(segment.tuple, hash),
                                    .checksum = ChecksumState::kRight});
    }
    static wire::Address ipv4(std::uint32_t number) {
        const std::uint8_t bytes[]{
            static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
            static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
        return wire::Address::from_ipv4(bytes);
    }
    std::uint32_t number() { return static_cast<std::uint32_t>(random()); }
};

TEST_F(ResetFlood, AMillionSpoofedSourcesLeaveNothingAndHonestOnesAreAdmittedThroughout) {
    const std::size_t places = box.defender.admitted_sources().capacity();
    unsigned honest = 0;
    for (std::uint32_t i = 0; i < kSpoofed; ++i) {
        // 198.18.0.0/15 and beyond: a million different addresses, each with SYN and blind RST.
        const wire::Address source = ipv4(0x0b00'0000 + i);
        const Verdict verdict = send(source, 1024 + i % 60'000, {.flags = kSyn, .sequence = i});
        ASSERT_TRUE(verdict.reason == Reason::kSynChallengedByReset ||
                    verdict.reason == Reason::kSynWithinBudget);
        ASSERT_NE(send(source, 1024 + i % 60'000, {.flags = kRst, .sequence = number()}).reason,
                  Reason::kSourceAdmitted);
        if (i % 1000 != 999) {
            continue;
        }
        box.advance(milliseconds{10});
        const wire::Address client = ipv4(0xcb00'7100 + honest % 200);
        const unsigned port = 2000 + honest;
        const Sent syn{.flags = kSyn, .sequence = number()};
        Verdict answer = send(client, port, syn);
        if (honest < 200) {
            ASSERT_EQ(answer.reason, Reason::kSynChallengedByReset) << honest;
            Sent reset{.flags = kRst};
            reset.sequence = answer.acknowledgment.value();
            ASSERT_EQ(send(client, port, reset).reason, Reason::kSourceAdmitted) << honest;
            answer = send(client, port, syn);
        }
        ASSERT_EQ(answer.reason, Reason::kSynAdmitted) << honest;
        ++honest;
    }
    EXPECT_EQ(honest, 1000U);
    EXPECT_EQ(box.defender.admitted_sources().count(box.now), 200U) << "the honest ones alone";
    EXPECT_EQ(box.defender.admitted_sources().capacity(), places);
    EXPECT_EQ(box.table.size(), kBudget + 1000U) << "the budget's SYNs and the honest clients'";
}

// The flood forges addresses that were admitted: beyond their allowance it is challenged, and who
// really has such an address still connects.
TEST_F(ResetFlood, AnAdmittedAddressIsNoOpenDoor) {
    const wire::Address client = ipv4(0xcb00'7101);
    const auto challenge_and_reset = [&](unsigned port) {
        const Verdict answer = send(client, port, {.flags = kSyn});
        Sent reset{.flags = kRst};
        reset.sequence = answer.acknowledgment.value();
        return send(client, port, reset).reason;
    };
    for (unsigned port = 1; port <= kBudget; ++port) {
        send(ipv4(port), 1, {.flags = kSyn});
    }
    ASSERT_EQ(challenge_and_reset(1000), Reason::kSourceAdmitted);
    unsigned passed = 0;
    for (unsigned i = 0; i < 100'000; ++i) {
        if (i % 100 == 0) {
            box.advance(milliseconds{1});  // 100,000 a second
        }
        passed += send(client, 2000 + i % 60'000, {.flags = kSyn}).reason == Reason::kSynAdmitted;
        if (i % 10'000 == 9'999) {
            const unsigned port = 1001 + i / 10'000;
            ASSERT_EQ(challenge_and_reset(port), Reason::kSourceAdmitted);
            ASSERT_EQ(send(client, port, {.flags = kSyn}).reason, Reason::kSynAdmitted);
        }
    }
    // The burst, 15 a second, and one for each of the ten proofs.
    EXPECT_LE(passed, AdmittedSources::kBurst + 16U + 10U);
}

}  // namespace
}  // namespace synward::defense
