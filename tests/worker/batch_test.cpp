// SPDX-License-Identifier: BSD-3-Clause
//
// Packets that come together meet the fate that they meet one by one: what is looked up and decided
// for many at a time is what is found for each.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

struct BatchCase {
    std::string name;
    Challenge challenge;
    std::uint32_t budget;
    std::uint16_t workers = 1;   ///< that hand over to each other what comes to the first
    bool to_everywhere = false;  ///< to each address and port of the service, not to one
    unsigned syns_in_ten = 9;

    friend std::ostream& operator<<(std::ostream& out, const BatchCase& shown) {
        return out << shown.name;
    }
};

/// Everything that a box made of its packets.
struct Outcome {
    std::vector<Bytes> to_clients;
    std::vector<Bytes> to_servers;
    std::array<std::uint64_t, wire::kReasonCount> counts{};
};

class Batches : public testing::TestWithParam<BatchCase> {
  protected:
    std::mt19937 engine_{11};

    unsigned below(unsigned end) { return static_cast<unsigned>(engine_() % end); }

    /// Most are SYNs of a flood, from so few clients that many come again; the others begin and end
    /// what these have begun.
    Bytes frame() {
        FrameBuilder builder;
        const bool is_syn = below(10) < GetParam().syns_in_ten;
        constexpr std::array kOthers{kAck, kRst, kFin | kAck, kSyn | kAck, kSyn | kPsh};
        const unsigned flags = is_syn ? kSyn : kOthers[below(kOthers.size())];
        const unsigned port = 1024 + below(40);
        const std::uint32_t isn = port * 1'000'000;
        const unsigned server = GetParam().to_everywhere ? below(256) : 2;
        const unsigned server_port = GetParam().to_everywhere ? 1 + below(65'535) : 80;
        builder
            .ipv4("192.0.2." + std::to_string(1 + below(3)), "198.51.100." + std::to_string(server))
            .tcp(port, server_port, flags == kSyn ? isn : isn + 1, is_syn ? 0 : below(2))
            .flags(flags);
        if (below(4) != 0) {
            builder.options(OptionsText{.mss = 1460,
                                        .sack_permitted = below(8) != 0,
                                        .timestamps = {{port, 0}},
                                        .window_scale = 7}
                                .bytes());
        }
        if (below(20) == 0) {
            builder.vlan(7);
        }
        if (below(20) == 0) {
            builder.payload(10);
        }
        Bytes bytes = builder.bytes();
        if (below(20) == 0) {
            bytes.back() ^= 1U;
        }
        return bytes;
    }
    /// `together`: as many at a time as a batch takes.
    static Outcome outcome(const std::vector<Bytes>& frames, bool together) {
        defense::Policy policy = policy_with(GetParam().challenge, GetParam().budget);
        policy.master_secret = tcp::Secret{1, 2, 3};
        RingBox box{policy, {.workers = GetParam().workers}};
        for (const Bytes& frame : frames) {
            box.inject(Side::kOutside, frame);
            if (!together) {
                box.run();
            }
        }
        box.run();
        Outcome result{.to_clients = box.take(Side::kOutside),
                       .to_servers = box.take(Side::kInside)};
        if (GetParam().workers != 1) {  // each has an order of its own
            std::ranges::sort(result.to_clients);
            std::ranges::sort(result.to_servers);
        }
        for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
            result.counts[reason] = box.count(static_cast<Reason>(reason));
        }
        return result;
    }
};

TEST_P(Batches, AreDecidedAsTheirPacketsOneByOne) {
    for (unsigned round = 0; round < 20; ++round) {
        std::vector<Bytes> frames;
        for (unsigned number = 0; number < 64 + below(200); ++number) {
            frames.push_back(frame());
        }
        const Outcome together = outcome(frames, true);
        const Outcome apart = outcome(frames, false);
        for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
            EXPECT_EQ(together.counts[reason], apart.counts[reason])
                << wire::kReasons[reason].name << ", round " << round;
        }
        EXPECT_EQ(together.to_clients, apart.to_clients) << round;
        EXPECT_EQ(together.to_servers, apart.to_servers) << round;
    }
}

INSTANTIATE_TEST_SUITE_P(
    , Batches,
    testing::Values(BatchCase{"Always", Challenge::kAlways, 1},
                    BatchCase{"OverBudget", Challenge::kOverBudget, 3},
                    BatchCase{"OverLargeBudget", Challenge::kOverBudget, 100},
                    BatchCase{"Never", Challenge::kNever, 1},
                    BatchCase{"AlwaysByTwoWorkers", Challenge::kAlways, 1, 2},
                    BatchCase{"AlwaysByThreeWorkers", Challenge::kAlways, 1, 3},
                    BatchCase{"ToEverywhere", Challenge::kAlways, 1, 1, true},
                    BatchCase{"OverBudgetToEverywhere", Challenge::kOverBudget, 20, 1, true},
                    BatchCase{"NeverByThreeWorkers", Challenge::kNever, 1, 3},
                    BatchCase{"FewSyns", Challenge::kAlways, 1, 1, false, 2},
                    BatchCase{"FewSynsByTwoWorkers", Challenge::kAlways, 1, 2, false, 2},
                    BatchCase{"FewSynsOverBudget", Challenge::kOverBudget, 20, 1, false, 2}),
    CaseName{});

}  // namespace
}  // namespace synward::test
