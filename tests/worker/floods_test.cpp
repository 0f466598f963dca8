// SPDX-License-Identifier: BSD-3-Clause
//
// Floods of every kind through a whole worker, beside connections that go on: what becomes of each
// packet, and that nothing grows.
#include <gtest/gtest.h>
#include <malloc.h>
#include <rte_malloc.h>

#include <atomic>
#include <map>
#include <set>

#include "support/case_name.h"
#include "support/conversation.h"
#include "support/flood.h"

namespace synward::test {
namespace {

using defense::Challenge;
using defense::Method;
using std::chrono::milliseconds;
using synward::flood::FloodKind;
using synward::flood::FloodSpecification;
using synward::flood::PacketFactory;
using wire::Disposition;
using wire::Reason;
using wire::Side;

constexpr std::uint32_t kBudget = 16;

struct Defense {
    const char* name;
    Challenge challenge;
    Method method = Method::kCookie;
};
void PrintTo(const Defense& defense, std::ostream* out) {
    *out << defense.name;
}
constexpr Defense kDefenses[]{{"AlwaysByCookie", Challenge::kAlways},
                              {"OverBudgetByCookie", Challenge::kOverBudget},
                              {"AlwaysByReset", Challenge::kAlways, Method::kReset}};

defense::Policy policy_of(const Defense& defense) {
    defense::Policy policy = policy_with(defense.challenge, kBudget);
    policy.services[0].method = defense.method;
    policy.services[0].probe = false;  // the box's own SYNs would be counted among the flood's
    policy.remembered_syns = 0;        // and so would its SYN-ACKs to spoofed clients
    return policy;
}

/// All of a connection's handshake, however it is defended; nothing is left to take.
void establish(RingBox& box, Conversation& talk, const Defense& defense) {
    if (defense.method == Method::kReset) {
        talk.client_sends(talk.syn());
        const std::vector<Bytes> answers = box.take(Side::kOutside);
        // A neighbour's address may have been admitted already.
        EXPECT_EQ(answers.size() + box.take(Side::kInside).size(), 1U);
        if (!answers.empty()) {
            talk.client_sends(talk.to_server()
                                  .tcp(talk.style().client_port, talk.style().server_port,
                                       FrameReader{answers[0]}.acknowledgment())
                                  .flags(kRst)
                                  .bytes());
        }
        talk.establish_untouched();
    } else if (defense.challenge == Challenge::kAlways) {
        talk.establish();
    } else {
        talk.establish_untouched();
    }
}

/// The memory that the process has in use.
struct Memory {
    std::size_t heap = 0;
    std::size_t of_dpdk = 0;

    static Memory now() {
        const struct mallinfo2 info = mallinfo2();
        Memory memory{.heap = info.uordblks + info.hblkhd};
        for (unsigned socket = 0; socket < rte_socket_count(); ++socket) {
            rte_malloc_socket_stats stats{};
            rte_malloc_get_socket_stats(rte_socket_id_by_idx(socket), &stats);
            memory.of_dpdk += stats.heap_allocsz_bytes;
        }
        return memory;
    }
};

/// The box has all its memory from the start. The test itself may take a little of the heap.
void expect_nothing_grew_since(const Memory& before) {
    constexpr std::size_t kOfTheTest = 16'384;
    const Memory now = Memory::now();
    EXPECT_EQ(now.of_dpdk, before.of_dpdk);
    EXPECT_LT(now.heap, before.heap + kOfTheTest);
}

struct KindCase {
    const char* name;
    FloodKind kind;
    std::set<Reason> by_cookie;
    std::set<Reason> by_reset;
};
void PrintTo(const KindCase& kind, std::ostream* out) {
    *out << kind.name;
}
const KindCase kKinds[]{
    {"Syn", FloodKind::kSyn, {Reason::kSynChallenged}, {Reason::kSynChallengedByReset}},
    // By what a blind guess looks like: some name an epoch in which no cookie was issued.
    {"Ack",
     FloodKind::kAck,
     {Reason::kCookieInvalid, Reason::kCookieNotOutstanding},
     {Reason::kAckWithoutFlow}},
    {"Fin", FloodKind::kFin, {Reason::kFinWithoutFlow}, {Reason::kFinWithoutFlow}},
    {"Rst", FloodKind::kRst, {Reason::kResetWithoutFlow}, {Reason::kResetWithoutFlow}},
    {"SynAck", FloodKind::kSynAck, {Reason::kSynAckWithoutFlow}, {Reason::kSynAckWithoutFlow}},
    {"Data", FloodKind::kData, {Reason::kDataWithoutFlow}, {Reason::kDataWithoutFlow}},
    {"Null", FloodKind::kNull, {Reason::kTcpNull}, {Reason::kTcpNull}},
    {"Xmas", FloodKind::kXmas, {Reason::kTcpXmas}, {Reason::kTcpXmas}},
    {"Fragment", FloodKind::kFragment, {Reason::kFragment}, {Reason::kFragment}},
};

class EveryFlood : public testing::TestWithParam<std::tuple<Defense, KindCase>> {
  protected:
    static constexpr std::uint32_t kRound = 8192;
    static constexpr unsigned kRounds = 4;

    const Defense& defense() const { return std::get<0>(GetParam()); }
    const KindCase& kind() const { return std::get<1>(GetParam()); }
    flow::Table& table() { return box.engine().workers()[0]->table(); }
    [[nodiscard]] std::map<Reason, std::uint64_t> counts() const {
        std::map<Reason, std::uint64_t> result;
        for (std::size_t number = 0; number < wire::kReasonCount; ++number) {
            const auto reason = static_cast<Reason>(number);
            result[reason] = box.count(reason);
        }
        return result;
    }
    /// The flood, without the test's own connections being counted.
    void send_round(PacketFactory& factory) {
        const auto before = counts();
        inject_flood(box, factory, kRound);
        box.run();
        for (const auto& [reason, count] : counts()) {
            flooded[reason] += count - before.at(reason);
        }
        answered += box.take(Side::kOutside).size();
        passed += box.take(Side::kInside).size();
    }

    RingBox box{policy_of(defense())};
    std::map<Reason, std::uint64_t> flooded;
    std::uint64_t answered = 0;
    std::uint64_t passed = 0;
};

INSTANTIATE_TEST_SUITE_P(, EveryFlood,
                         testing::Combine(testing::ValuesIn(kDefenses), testing::ValuesIn(kKinds)),
                         [](const auto& parameter) {
                             return std::string{std::get<0>(parameter.param).name} +
                                    std::get<1>(parameter.param).name;
                         });

TEST_P(EveryFlood, IsCountedUnderItsReasonAndDisturbsNobody) {
    std::vector<Conversation> residents;
    for (const bool ipv6 : {false, true}) {
        for (const bool timestamps : {false, true}) {
            residents.push_back(
                {box,
                 {.ipv6 = ipv6, .timestamps = timestamps, .client = 1U + (timestamps ? 1U : 0U)}});
            establish(box, residents.back(), defense());
        }
    }
    const std::size_t flows = table().size();
    ASSERT_EQ(flows, residents.size());
    PacketFactory factory{flood_of(kind().kind)};
    send_round(factory);  // whatever is allocated once is now
    const Memory memory = Memory::now();
    for (unsigned round = 1; round < kRounds; ++round) {
        for (Conversation& talk : residents) {
            talk.expect_data_crosses();
        }
        box.advance(milliseconds{100});
        send_round(factory);
    }
    for (Conversation& talk : residents) {
        talk.expect_data_crosses();
        talk.close();
    }
    expect_nothing_grew_since(memory);

    // A budget lets so many SYNs through, and no more of anything.
    const bool is_syn = kind().kind == FloodKind::kSyn;
    const std::uint32_t let_through =
        is_syn && defense().challenge == Challenge::kOverBudget ? kBudget : 0;
    EXPECT_EQ(passed, let_through);
    EXPECT_EQ(flooded[Reason::kSynWithinBudget], let_through);
    EXPECT_EQ(table().size(), flows + let_through);
    EXPECT_EQ(answered, is_syn ? kRound * kRounds - let_through : 0);
    std::uint64_t under_its_reason = 0;
    const auto& reasons = defense().method == Method::kCookie ? kind().by_cookie : kind().by_reset;
    for (const auto& [reason, count] : flooded) {
        if (reasons.contains(reason)) {
            under_its_reason += count;
        } else if (reason != Reason::kSynWithinBudget) {
            EXPECT_EQ(count, 0U) << wire::description(reason).name;
        }
    }
    EXPECT_EQ(under_its_reason, kRound * kRounds - let_through);
    box.expect_every_packet_is_accounted_for();
}

class FloodedService : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(, FloodedService, testing::Bool(), [](const auto& parameter) {
    return std::string{parameter.param ? "WhenTheWorkerStops" : "WithinAThousandTurns"};
});

// A flood's packets are not counted one by one where the control thread looks.
TEST_P(FloodedService, HasEveryPacketOfTheFloodInItsFigures) {
    constexpr std::uint32_t kEach = 4096;
    RingBox box{policy_of(kDefenses[0])};
    PacketFactory syns{flood_of(FloodKind::kSyn)};
    PacketFactory acks{flood_of(FloodKind::kAck)};
    for (unsigned round = 0; round < 3; ++round) {
        inject_flood(box, syns, kEach);
        inject_flood(box, acks, kEach);
        box.run();
        if (GetParam()) {
            box.engine().workers()[0]->run(std::atomic<bool>{true});
        }
        for (unsigned turn = 0; turn < 1024 && !GetParam(); ++turn) {
            box.engine().turn();
        }
        const defense::ServiceFigures& figures = box.engine().service_figures(0, 0);
        EXPECT_EQ(figures.challenged.value(), box.count(Reason::kSynChallenged));
        EXPECT_EQ(figures.syns.value(), box.count(Reason::kSynChallenged));
        EXPECT_EQ(figures.failed.value(),
                  box.count(Reason::kCookieInvalid) + box.count(Reason::kCookieNotOutstanding));
        EXPECT_EQ(figures.challenged.value(), std::uint64_t{kEach} * (round + 1));
    }
}

class AMillionSpoofedSources : public testing::TestWithParam<Defense> {};

INSTANTIATE_TEST_SUITE_P(, AMillionSpoofedSources, testing::Values(kDefenses[0], kDefenses[2]),
                         CaseName{});

TEST_P(AMillionSpoofedSources, LeaveNothingAndAThousandHonestOnesAreServedMeanwhile) {
    constexpr std::uint32_t kSpoofed = 1'000'000;
    constexpr unsigned kHonest = 1000;
    const Defense& defense = GetParam();
    RingBox box{policy_of(defense), {.flow_capacity = 2048}};
    const worker::Worker& worker = *box.engine().workers()[0];
    flow::Table& table = box.engine().workers()[0]->table();
    FloodSpecification specification = flood_of(FloodKind::kSyn);
    specification.source_prefixes = {*wire::Prefix::parse("32.0.0.0/4"),
                                     *wire::Prefix::parse("2001:2::/48")};
    PacketFactory syns{specification};
    // Whoever is behind the flood tries to redeem and to admit itself blindly as well.
    specification.kind = defense.method == Method::kReset ? FloodKind::kRst : FloodKind::kAck;
    PacketFactory guesses{specification};
    const std::size_t places = worker.defender().admitted_sources().capacity();
    Memory memory;
    for (unsigned number = 0; number < kHonest; ++number) {
        box.keep_frames(false);
        inject_flood(box, syns, kSpoofed / kHonest);
        inject_flood(box, guesses, kSpoofed / kHonest / 10);
        box.run();
        box.keep_frames(true);
        Conversation honest{box, {.ipv6 = number % 2 == 1, .client = 1 + number}};
        establish(box, honest, defense);
        honest.expect_data_crosses();
        ASSERT_FALSE(testing::Test::HasFailure()) << "client " << number;
        box.advance(milliseconds{10});  // 100,000 SYNs a second
        ASSERT_EQ(table.size(), number + 1U);
        if (number == kHonest / 10) {
            memory = Memory::now();
        }
    }
    expect_nothing_grew_since(memory);
    EXPECT_EQ(worker.defender().admitted_sources().capacity(), places);
    const bool by_reset = defense.method == Method::kReset;
    EXPECT_EQ(box.count(by_reset ? Reason::kSynChallengedByReset : Reason::kSynChallenged),
              kSpoofed + (by_reset ? box.count(Reason::kSourceAdmitted) : kHonest));
    // By reset a source is an IPv4 address or an IPv6 /64: all IPv6 clients are of one, which is
    // challenged anew once it has used up what it may.
    EXPECT_EQ(box.count(Reason::kSourceAdmitted) > kHonest / 2, by_reset);
    EXPECT_EQ(box.count(Reason::kCookieRedeemed), by_reset ? 0U : kHonest);
}

struct ReflectionCase {
    const char* name;
    Method method;
    const char* victim;
    std::uint16_t workers;
};
void PrintTo(const ReflectionCase& reflection, std::ostream* out) {
    *out << reflection.name;
}
class Reflection : public testing::TestWithParam<ReflectionCase> {};

INSTANTIATE_TEST_SUITE_P(
    , Reflection,
    testing::Values(ReflectionCase{"CookiesToIpv4", Method::kCookie, "192.0.2.0/24", 1},
                    ReflectionCase{"CookiesToIpv6", Method::kCookie, "2001:db8:bad:100::/56", 1},
                    ReflectionCase{"CookiesOfTwoWorkers", Method::kCookie, "192.0.2.0/24", 2},
                    ReflectionCase{"ResetsToIpv4", Method::kReset, "192.0.2.0/24", 1},
                    ReflectionCase{"ResetsToIpv6", Method::kReset, "2001:db8:bad:100::/56", 2}),
    CaseName{});

/// What leaves by the outside port for the victim's prefix, SYN-ACKs that are sent again included.
TEST_P(Reflection, OfSynsInTheNameOfOnePrefixKeepsToTheRate) {
    constexpr std::uint32_t kRate = 500;
    constexpr unsigned kStepsASecond = 100;
    constexpr unsigned kSteps = 6 * kStepsASecond;
    constexpr std::uint32_t kSynsAStep = 200;  // 20,000 a second
    const ReflectionCase& reflection = GetParam();
    defense::Policy policy = policy_with(Challenge::kAlways);
    policy.services[0].method = reflection.method;
    policy.services[0].probe = false;
    policy.sources.answers = kRate;
    RingBox box{policy, {.workers = reflection.workers, .queues = reflection.workers}};
    const wire::Prefix victim = *wire::Prefix::parse(reflection.victim);
    FloodSpecification specification = flood_of(FloodKind::kSyn);
    std::erase_if(specification.destinations, [&](const wire::Address& address) {
        return address.is_ipv4() != victim.is_ipv4();
    });
    specification.source_prefixes = {victim};
    PacketFactory factory{specification};
    PacketFactory measure{specification};
    Bytes syn(measure.maximum_length());
    const std::uint32_t length_of_syn = measure.write_next(syn);

    std::vector<unsigned> answers;
    for (unsigned step = 0; step < kSteps; ++step) {
        inject_flood(box, factory, kSynsAStep);
        box.advance(milliseconds{1000 / kStepsASecond});
        EXPECT_TRUE(box.take(Side::kInside).empty());
        unsigned at_victim = 0;
        for (const Bytes& frame : box.take(Side::kOutside)) {
            const Bytes to = FrameReader{frame}.ip_destination();
            at_victim += victim.contains(victim.is_ipv4() ? wire::Address::from_ipv4(to.data())
                                                          : wire::Address::from_ipv6(to.data()))
                             ? 1U
                             : 0U;
            EXPECT_LE(frame.size(), length_of_syn) << "no answer is larger than its SYN";
        }
        answers.push_back(at_victim);
    }
    // In any t seconds rate * (t + 1), and a share's rounding for each worker but the first.
    unsigned most = 0;
    for (unsigned first = 0; first < kSteps; ++first) {
        unsigned sum = 0;
        for (unsigned last = first; last < kSteps; ++last) {
            sum += answers[last];
            const unsigned steps = last - first + 1;
            ASSERT_LE(sum, kRate * (steps + kStepsASecond) / kStepsASecond + reflection.workers)
                << "in steps " << first << " to " << last;
        }
        most = std::max(most, sum);
    }
    EXPECT_GT(most, kRate * (kSteps / kStepsASecond) * 9 / 10) << "the rate is there to be used";
    EXPECT_EQ(box.count(Reason::kAnswerLimit) + box.count(Reason::kSynChallenged) +
                  box.count(Reason::kSynChallengedByReset),
              kSynsAStep * kSteps);
    // Others get theirs.
    Conversation other{box, {.ipv6 = !victim.is_ipv4()}};
    other.client_sends(other.syn());
    EXPECT_EQ(FrameReader{box.take_only(Side::kOutside)}.flags(), kSyn | kAck);
}

}  // namespace
}  // namespace synward::test
