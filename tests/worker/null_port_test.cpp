// SPDX-License-Identifier: BSD-3-Clause
//
// net_null: a source of frames of zeros without end, and a sink.
#include <gtest/gtest.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include <chrono>
#include <stdexcept>

#include "support/conversation.h"

namespace synward::test {
namespace {

using wire::Disposition;
using wire::Reason;

class NullPort {
  public:
    explicit NullPort(const char* arguments) {
        static unsigned next_name = 0;
        name_ = "net_null" + std::to_string(next_name++);
        if (rte_vdev_init(name_.c_str(), arguments) != 0 ||
            rte_eth_dev_get_port_by_name(name_.c_str(), &id_) != 0) {
            throw std::runtime_error{"no null device"};
        }
    }
    ~NullPort() { rte_vdev_uninit(name_.c_str()); }
    NullPort(const NullPort&) = delete;
    NullPort& operator=(const NullPort&) = delete;
    [[nodiscard]] std::uint16_t id() const { return id_; }

  private:
    std::string name_;
    std::uint16_t id_ = 0;
};

struct SinkCase {
    const char* inside;  ///< the inside device's arguments
    bool both_are_sources;
};
class NullPorts : public testing::TestWithParam<SinkCase> {};

TEST_P(NullPorts, EverythingIsForwardedAndAccountedFor) {
    const NullPort outside{""};
    const NullPort inside{GetParam().inside};
    const defense::Policy policy = policy_with(defense::Challenge::kAlways);
    worker::Engine engine{
        {.links = {{outside.id(), inside.id()}}, .flow_capacity = 1024, .packet_buffers = 4096},
        policy};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    while (std::chrono::steady_clock::now() < end) {
        engine.turn();
    }
    engine.stop();
    const worker::Totals totals = engine.totals();
    EXPECT_TRUE(totals.every_packet_is_accounted_for());
    EXPECT_GT(totals.received, 100'000U);
    EXPECT_EQ(totals.by_reason[static_cast<std::size_t>(Reason::kNotTcp)], totals.received);
    EXPECT_EQ(totals.sum(Disposition::kDropped), 0U);

    std::uint64_t sent = 0;
    std::uint64_t received_inside = 0;
    for (const worker::Port& port : engine.ports()) {
        rte_eth_stats stats{};
        ASSERT_EQ(rte_eth_stats_get(port.id, &stats), 0);
        sent += stats.opackets;
        received_inside += port.side == wire::Side::kInside ? stats.ipackets : 0;
    }
    EXPECT_EQ(sent, totals.received);
    EXPECT_EQ(received_inside != 0, GetParam().both_are_sources);
}

INSTANTIATE_TEST_SUITE_P(, NullPorts,
                         testing::Values(SinkCase{"no-rx=1", false}, SinkCase{"size=1500", true}),
                         [](const auto& test_case) {
                             return test_case.param.both_are_sources ? "SourceAndSource"
                                                                     : "SourceAndSink";
                         });

}  // namespace
}  // namespace synward::test
