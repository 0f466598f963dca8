// SPDX-License-Identifier: BSD-3-Clause
#include "worker/offloads.h"

#include <gtest/gtest.h>

#include <ostream>

#include "support/case_name.h"

namespace synward::test {
namespace {

using defense::ChecksumState;
using worker::checksums_by_device;
using worker::choose_offloads;

constexpr std::uint64_t kIpv4 = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
constexpr std::uint64_t kTcp = RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
constexpr std::uint64_t kScatter = RTE_ETH_RX_OFFLOAD_SCATTER;
constexpr std::uint64_t kMerge = RTE_ETH_RX_OFFLOAD_TCP_LRO;
constexpr std::uint64_t kChains = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
constexpr std::uint64_t kFastFree = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
constexpr std::uint64_t kTransmitChecksum = RTE_ETH_TX_OFFLOAD_TCP_CKSUM;

struct DeviceCase {
    const char* name;
    const char* driver;
    std::uint64_t can_receive;
    std::uint64_t can_transmit;
    bool frames_fit;
    // What is chosen:
    std::uint64_t receive;
    std::uint64_t transmit;
    bool verifies_checksums;
    bool takes_chains;

    friend std::ostream& operator<<(std::ostream& out, const DeviceCase& shown) {
        return out << shown.name;
    }
};

class OffloadsOf : public testing::TestWithParam<DeviceCase> {};

TEST_P(OffloadsOf, AreThoseThatHelpAndAreSafe) {
    const DeviceCase& device = GetParam();
    rte_eth_dev_info info{};
    info.driver_name = device.driver;
    info.rx_offload_capa = device.can_receive;
    info.tx_offload_capa = device.can_transmit;
    const worker::Offloads chosen = choose_offloads(info, device.frames_fit);
    EXPECT_EQ(chosen.receive, device.receive);
    EXPECT_EQ(chosen.transmit, device.transmit);
    EXPECT_EQ(chosen.verifies_checksums, device.verifies_checksums);
    EXPECT_EQ(chosen.takes_chains, device.takes_chains);
}

INSTANTIATE_TEST_SUITE_P(
    , OffloadsOf,
    testing::Values(
        DeviceCase{"NothingOffered", "net_af_packet", 0, 0, true, 0, 0, false, false},
        DeviceCase{"AdapterWithUsualFrames", "net_ice", kIpv4 | kTcp | kScatter | kMerge,
                   kChains | kFastFree | kTransmitChecksum, true, kIpv4 | kTcp, kFastFree, true,
                   false},
        DeviceCase{"AdapterWithJumboFrames", "net_ice", kIpv4 | kTcp | kScatter | kMerge,
                   kChains | kFastFree | kTransmitChecksum, false, kIpv4 | kTcp | kScatter, kChains,
                   true, true},
        DeviceCase{"NoFastFree", "net_tap", kIpv4 | kTcp | kScatter, kChains, true,
                   kIpv4 | kTcp | kScatter, kChains, true, true},
        DeviceCase{"HalfOfTheChecksums", "net_x", kTcp, 0, true, 0, 0, false, false},
        DeviceCase{"ChecksumsOfAVirtualMachine", "net_virtio", kIpv4 | kTcp | kScatter, kChains,
                   true, kScatter, kChains, false, true},
        DeviceCase{"ChecksumsOfAVirtualHost", "net_vhost", kIpv4 | kTcp, kChains, true, 0, kChains,
                   false, true},
        DeviceCase{"ChainsThatAreNotAnnounced", "net_pcap", 0, 0, true, 0, 0, false, true}),
    CaseName{});

struct WordCase {
    const char* name;
    std::uint64_t flags;
    ChecksumState ipv4;
    ChecksumState ipv6;

    friend std::ostream& operator<<(std::ostream& out, const WordCase& shown) {
        return out << shown.name;
    }
};

class ChecksumsByDevice : public testing::TestWithParam<WordCase> {};

TEST_P(ChecksumsByDevice, AreRightOnlyIfItSaysSoOfAll) {
    const WordCase& word = GetParam();
    rte_mbuf packet{};
    packet.ol_flags = word.flags | RTE_MBUF_F_RX_RSS_HASH;
    wire::Segment segment;
    segment.tuple.outside_address = *wire::Address::parse("192.0.2.1");
    segment.tuple.inside_address = *wire::Address::parse("198.51.100.1");
    EXPECT_EQ(checksums_by_device(packet, segment), word.ipv4);
    segment.tuple.outside_address = *wire::Address::parse("2001:db8::1");
    segment.tuple.inside_address = *wire::Address::parse("2001:db8::2");
    EXPECT_EQ(checksums_by_device(packet, segment), word.ipv6);
}

INSTANTIATE_TEST_SUITE_P(
    , ChecksumsByDevice,
    testing::Values(
        WordCase{"Nothing", 0, ChecksumState::kUnknown, ChecksumState::kUnknown},
        WordCase{"BothGood", RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD,
                 ChecksumState::kAllRight, ChecksumState::kAllRight},
        WordCase{"TcpGood", RTE_MBUF_F_RX_L4_CKSUM_GOOD, ChecksumState::kUnknown,
                 ChecksumState::kAllRight},
        WordCase{"IpGood", RTE_MBUF_F_RX_IP_CKSUM_GOOD, ChecksumState::kUnknown,
                 ChecksumState::kUnknown},
        WordCase{"IpBad", RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD,
                 ChecksumState::kUnknown, ChecksumState::kUnknown},
        WordCase{"TcpBad", RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD,
                 ChecksumState::kUnknown, ChecksumState::kUnknown},
        // Both bits: not in the packet, but its bytes are whole; of paravirtual devices.
        WordCase{"TcpNone", RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_NONE,
                 ChecksumState::kUnknown, ChecksumState::kUnknown}),
    CaseName{});

}  // namespace
}  // namespace synward::test
