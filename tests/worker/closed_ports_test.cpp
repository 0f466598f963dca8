// SPDX-License-Identifier: BSD-3-Clause
//
// What one worker learns of a closed port holds for the clients of all others.
#include <gtest/gtest.h>

#include "defense/refused_ports.h"
#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using defense::RefusedPorts;
using wire::Reason;
using wire::Side;

struct Workers {
    const char* name;
    std::uint16_t count;
};
void PrintTo(const Workers& workers, std::ostream* out) {
    *out << workers.name;
}

class ClosedPorts : public testing::TestWithParam<Workers> {
  protected:
    static constexpr unsigned kPorts = 200;
    static constexpr unsigned kFirstPort = 20'000;

    static defense::Policy policy() {
        defense::Policy policy = policy_with(Challenge::kAlways);
        policy.services[0].probe = false;
        policy.remembered_syns = 0;
        return policy;
    }
    /// A client's whole try at a closed port, the server's RST included; what it sees first.
    enum class Fate { kSynAck, kReset };
    Fate try_closed(unsigned port, bool ipv6) {
        Conversation talk{box, {.ipv6 = ipv6, .client = ++clients, .server_port = port}};
        talk.client_sends(talk.syn());
        const std::vector<Bytes> to_server = box.take(Side::kInside);
        if (!to_server.empty()) {
            EXPECT_EQ(to_server[0], talk.syn()) << "untouched";
            refuse(talk);
            return fate();
        }
        const FrameReader answer{box.take_only(Side::kOutside)};
        if ((answer.flags() & kSyn) == 0) {
            return Fate::kReset;
        }
        talk.accept(answer);
        talk.redeem();
        box.take(Side::kInside);
        refuse(talk);
        EXPECT_EQ(fate(), Fate::kReset);
        return Fate::kSynAck;
    }
    static void refuse(Conversation& talk) {
        talk.server_sends(talk.to_client()
                              .tcp(talk.style().server_port, talk.style().client_port, 0,
                                   talk.style().client_isn + 1)
                              .flags(kRst | kAck)
                              .bytes());
    }
    void wait(tcp::Duration duration) {
        box.advance(std::chrono::duration_cast<std::chrono::microseconds>(duration));
    }
    Fate fate() {
        return (FrameReader{box.take_only(Side::kOutside)}.flags() & kRst) != 0 ? Fate::kReset
                                                                                : Fate::kSynAck;
    }
    /// How many ports looked open to a scanner.
    unsigned scan() {
        unsigned open = 0;
        for (unsigned port = kFirstPort; port < kFirstPort + kPorts; ++port) {
            open += try_closed(port, port % 2 == 1) == Fate::kSynAck ? 1U : 0U;
        }
        return open;
    }

    RingBox box{policy(), {.workers = GetParam().count, .queues = GetParam().count}};
    unsigned clients = 0;
};

INSTANTIATE_TEST_SUITE_P(, ClosedPorts,
                         testing::Values(Workers{"OneWorker", 1}, Workers{"TwoWorkers", 2},
                                         Workers{"FourWorkers", 4}),
                         CaseName{});

TEST_P(ClosedPorts, AreFoundOpenByTheFirstScanAlone) {
    EXPECT_EQ(scan(), kPorts);
    EXPECT_EQ(scan(), 0U) << "at once";
    EXPECT_EQ(box.count(Reason::kSynRefused), kPorts);
    for (unsigned minute = 0; minute < 10; ++minute) {
        box.advance(std::chrono::minutes{1});
        EXPECT_EQ(scan(), 0U) << "by the server's own word";
        EXPECT_EQ(box.count(Reason::kSynAsks), kPorts * (minute + 1));
    }
    wait(RefusedPorts::kMemory);
    EXPECT_EQ(scan(), kPorts) << "forgotten";
}

TEST_P(ClosedPorts, ThatOpensIsOpenToAll) {
    constexpr unsigned kPort = 443;
    const auto connect = [&](bool expect_untouched) {
        Conversation talk{box, {.client = ++clients, .server_port = kPort}};
        expect_untouched ? talk.establish_untouched() : talk.establish();
        talk.expect_data_crosses();
        talk.close();
    };
    EXPECT_EQ(try_closed(kPort, false), Fate::kSynAck);
    for (unsigned client = 0; client < 20; ++client) {
        ASSERT_EQ(try_closed(kPort, false), Fate::kReset) << "at every worker";
    }
    wait(RefusedPorts::kFresh);
    connect(true);
    for (unsigned client = 0; client < 20; ++client) {
        ASSERT_NO_FATAL_FAILURE(connect(false)) << "challenged by every worker";
    }
    EXPECT_EQ(box.count(Reason::kSynAsks), 1U);
}

}  // namespace
}  // namespace synward::test
