// SPDX-License-Identifier: BSD-3-Clause
#include "flood/packet_factory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "flood/kinds.h"
#include "support/frame_reader.h"
#include "support/wire.h"
#include "wire/headers.h"

namespace synward::flood {
namespace {

using test::Bytes;
using test::FrameReader;

constexpr const char* kIpv4Target = "10.0.0.2";
constexpr const char* kIpv6Target = "2001:db8::2";

FloodSpecification flood_of(FloodKind kind, std::initializer_list<const char*> destinations) {
    FloodSpecification specification;
    specification.kind = kind;
    for (const char* destination : destinations) {
        specification.destinations.push_back(*wire::Address::parse(destination));
    }
    specification.destination_mac = {2, 0, 0, 0, 0, 2};
    specification.source_mac = {2, 0, 0, 0, 0, 1};
    return specification;
}

/// Filled with rubbish first, as a buffer that another packet lay in.
std::vector<Bytes> packets(const FloodSpecification& specification, std::size_t count) {
    PacketFactory factory{specification};
    std::vector<Bytes> result;
    for (std::size_t i = 0; i < count; ++i) {
        Bytes frame(factory.maximum_length(), 0xee);
        frame.resize(factory.write_next(frame));
        result.push_back(frame);
    }
    return result;
}

wire::Address source_of(const FrameReader& frame) {
    const Bytes source = frame.ip_source();
    return frame.is_ipv4() ? wire::Address::from_ipv4(source.data())
                           : wire::Address::from_ipv6(source.data());
}

Bytes with_zeroes(Bytes bytes, std::size_t first, std::size_t count) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(first), count, std::uint8_t{0});
    return bytes;
}

std::uint32_t number_at(const Bytes& bytes, std::size_t position) {
    return wire::header_at<wire::Big32>(&bytes.at(position + 3) - 3).host();
}

struct KindCase {
    FloodKind kind;
    unsigned flags;
    bool acknowledges;
    std::size_t options_length;  ///< in the Linux style
    std::size_t payload_length = 0;
};
constexpr KindCase kKindCases[] = {
    {FloodKind::kSyn, 0x02, false, 20},   {FloodKind::kAck, 0x10, true, 12},
    {FloodKind::kFin, 0x11, true, 12},    {FloodKind::kRst, 0x04, false, 0},
    {FloodKind::kSynAck, 0x12, true, 20}, {FloodKind::kData, 0x18, true, 12, 512},
    {FloodKind::kNull, 0x00, false, 0},   {FloodKind::kXmas, 0x29, false, 0},
};

class EveryKind : public testing::TestWithParam<std::tuple<KindCase, const char*>> {};

TEST_P(EveryKind, IsAWellFormedSegmentWithRightChecksums) {
    const auto& [expected, target] = GetParam();
    std::set<std::uint32_t> sequences;
    std::set<std::uint32_t> acknowledgments;
    for (const Bytes& packet : packets(flood_of(expected.kind, {target}), 2000)) {
        const FrameReader frame{packet};
        ASSERT_TRUE(frame.checksums_are_right());
        ASSERT_EQ(frame.length(), packet.size()) << "no bytes behind the IP packet";
        EXPECT_EQ(frame.ethernet_destination(), (Bytes{2, 0, 0, 0, 0, 2}));
        EXPECT_EQ(frame.ethernet_source(), (Bytes{2, 0, 0, 0, 0, 1}));
        EXPECT_EQ(frame.flags(), expected.flags);
        EXPECT_EQ(frame.options().size(), expected.options_length);
        EXPECT_EQ(frame.payload().size(), expected.payload_length);
        if (frame.is_ipv4()) {
            const Bytes ip = frame.ip_header();
            EXPECT_EQ(ip.size(), 20U);
            EXPECT_EQ((Bytes{ip[6], ip[7]}), (Bytes{0x40, 0})) << "don't fragment";
        }
        EXPECT_EQ(frame.destination_port(), 80U);
        EXPECT_GE(frame.source_port(), 1024U);
        const Bytes destination = frame.ip_destination();
        EXPECT_EQ(frame.is_ipv4() ? wire::Address::from_ipv4(destination.data())
                                  : wire::Address::from_ipv6(destination.data()),
                  *wire::Address::parse(target));
        EXPECT_TRUE(wire::Prefix::parse(frame.is_ipv4() ? "198.18.0.0/15" : "2001:2::/48")
                        ->contains(source_of(frame)));
        sequences.insert(frame.sequence());
        acknowledgments.insert(frame.acknowledgment());
    }
    EXPECT_GT(sequences.size(), 1990U);
    if (expected.acknowledges) {
        EXPECT_GT(acknowledgments.size(), 1990U);
    } else {
        EXPECT_EQ(acknowledgments, std::set<std::uint32_t>{0});
    }
}

INSTANTIATE_TEST_SUITE_P(, EveryKind,
                         testing::Combine(testing::ValuesIn(kKindCases),
                                          testing::Values(kIpv4Target, kIpv6Target)),
                         [](const auto& parameter) {
                             std::string name{name_of(std::get<0>(parameter.param).kind)};
                             std::erase(name, '-');
                             const bool is_ipv6 = std::get<1>(parameter.param) == kIpv6Target;
                             return name + (is_ipv6 ? "OverIpv6" : "OverIpv4");
                         });

TEST(PacketFactory, MixesKindsAndFamiliesEvenly) {
    std::map<std::pair<bool, unsigned>, int> seen;
    constexpr int kCount = 20000;
    for (const Bytes& packet :
         packets(flood_of(FloodKind::kMixed, {kIpv4Target, kIpv6Target}), kCount)) {
        const FrameReader frame{packet};
        ASSERT_TRUE(frame.checksums_are_right());
        ++seen[{frame.is_ipv4(), frame.flags()}];
    }
    EXPECT_EQ(seen.size(), 10U);
    for (const auto& [what, count] : seen) {
        EXPECT_NEAR(count, kCount / 10, 250) << "flags " << what.second;  // 6 standard deviations
    }
}

TEST(PacketFactory, WritesTheOptionsOfALinuxSyn) {
    struct Case {
        HandshakeStyle style;
        const char* target;
        Bytes options;  ///< with TSval zero
    };
    const Case cases[] = {
        {HandshakeStyle::kLinux, kIpv4Target, {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
                                               0, 0, 0,    0,    0, 0, 1, 3,  3, 7}},
        {HandshakeStyle::kLinux, kIpv6Target, {2, 4, 0x05, 0xa0, 4, 2, 8, 10, 0, 0,
                                               0, 0, 0,    0,    0, 0, 1, 3,  3, 7}},
        {HandshakeStyle::kNoTimestamps, kIpv4Target, {2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7}},
        {HandshakeStyle::kNone, kIpv4Target, {}},
    };
    for (const Case& expected : cases) {
        FloodSpecification specification = flood_of(FloodKind::kSyn, {expected.target});
        specification.options = expected.style;
        std::set<std::uint32_t> timestamps;
        for (const Bytes& packet : packets(specification, 50)) {
            const FrameReader frame{packet};
            ASSERT_TRUE(frame.checksums_are_right());
            const Bytes options = frame.options();
            if (expected.style == HandshakeStyle::kLinux) {
                timestamps.insert(number_at(options, 8));
                EXPECT_EQ(with_zeroes(options, 8, 4), expected.options);
            } else {
                EXPECT_EQ(options, expected.options);
            }
        }
        EXPECT_EQ(timestamps.size(), expected.style == HandshakeStyle::kLinux ? 50U : 0U);
    }
}

// RFC 7323 section 3.2: the echo is valid only with ACK.
TEST(PacketFactory, EchoesATimestampInSegmentsWithAck) {
    std::set<std::uint32_t> seen;
    for (const Bytes& packet : packets(flood_of(FloodKind::kSynAck, {kIpv4Target}), 50)) {
        seen.insert(number_at(FrameReader{packet}.options(), 12));
    }
    EXPECT_EQ(seen.size(), 50U);
}

TEST(PacketFactory, CarriesDataInAcksAlone) {
    for (const unsigned length : {1U, 33U, 1000U, 1400U}) {
        FloodSpecification specification = flood_of(FloodKind::kMixed, {kIpv4Target, kIpv6Target});
        specification.payload_length = static_cast<std::uint16_t>(length);
        specification.vlan = 5;
        for (const Bytes& packet : packets(specification, 200)) {
            const FrameReader frame{packet};
            ASSERT_TRUE(frame.checksums_are_right()) << length;
            const bool is_ack = frame.flags() == 0x18;
            EXPECT_EQ(frame.payload().size(), is_ack ? length : 0U);
            EXPECT_LE(packet.size(), 18U + 1500U);
        }
    }
}

/// A fragment's headers, read without any code of the data plane.
struct Fragment {
    explicit Fragment(const Bytes& frame) {
        const bool ipv4 = frame.at(12) == 0x08;
        const std::size_t start = 14U + (ipv4 ? 20U : 48U);
        const auto word = [&](std::size_t position) {
            return frame.at(position) << 8U | frame.at(position + 1);
        };
        const auto part = [&](std::size_t position, std::size_t length) {
            return Bytes(&frame.at(position), &frame.at(position) + length);
        };
        payload = part(start, frame.size() - start);
        if (ipv4) {
            EXPECT_EQ(test::reference_checksum(part(14, 20)), 0U);
            EXPECT_EQ(word(16), frame.size() - 14);
            EXPECT_EQ(frame.at(23), 6U) << "TCP";
            EXPECT_EQ(word(20) & 0x4000U, 0U) << "who forbids fragments sends none";
            offset = (word(20) & 0x1fffU) * 8U;
            more = (word(20) & 0x2000U) != 0;
            identification = word(18);
            source = part(26, 4);
            destination = part(30, 4);
        } else {
            EXPECT_EQ(word(18), frame.size() - 54);
            EXPECT_EQ(frame.at(20), 44U);
            EXPECT_EQ(frame.at(54), 6U);
            offset = word(56) & 0xfff8U;
            more = (word(56) & 1U) != 0;
            identification = number_at(frame, 58);
            source = part(22, 16);
            destination = part(38, 16);
        }
    }
    Bytes payload, source, destination;
    std::size_t offset = 0;
    bool more = false;
    std::uint32_t identification = 0;
};

TEST(PacketFactory, CutsSegmentsInTwoByIpRfc791Section3_2AndRfc8200Section4_5) {
    for (const char* const target : {kIpv4Target, kIpv6Target}) {
        for (const auto& [payload, style] : {std::pair{0U, HandshakeStyle::kLinux},
                                             {8U, HandshakeStyle::kNone},
                                             {8U, HandshakeStyle::kLinux},
                                             {1400U, HandshakeStyle::kLinux}}) {
            FloodSpecification specification = flood_of(FloodKind::kFragment, {target});
            specification.payload_length = static_cast<std::uint16_t>(payload);
            specification.options = style;
            std::vector<Fragment> first;
            std::vector<Fragment> later;
            std::set<std::uint32_t> identifications;
            for (const Bytes& packet : packets(specification, 400)) {
                EXPECT_EQ(test::parse(packet).result.kind, wire::FrameKind::kFragment);
                const Fragment fragment{packet};
                identifications.insert(fragment.identification);
                (fragment.more ? first : later).push_back(fragment);
            }
            EXPECT_NEAR(static_cast<double>(first.size()), 200, 60) << "6 standard deviations";
            EXPECT_GT(identifications.size(), 390U);
            // Any two halves are a whole, since only the first has what differs.
            for (const Fragment& one : first) {
                EXPECT_EQ(one.offset, 0U);
                EXPECT_EQ(one.payload.size() % 8, 0U);
                Bytes whole = one.payload;
                EXPECT_EQ(later[0].offset, whole.size());
                whole.insert(whole.end(), later[0].payload.begin(), later[0].payload.end());
                EXPECT_EQ(test::reference_tcp_checksum(one.source, one.destination, whole), 0U);
                const std::size_t header = style == HandshakeStyle::kNone ? 20 : 32;
                EXPECT_EQ(whole.size(), header + (payload == 0 ? kUsualPayload : payload));
            }
            for (const Fragment& one : later) {
                EXPECT_EQ(one.payload, later[0].payload);
                EXPECT_EQ(one.offset, later[0].offset);
            }
        }
    }
}

TEST(PacketFactory, TagsWithTheVlan) {
    FloodSpecification specification = flood_of(FloodKind::kSyn, {kIpv6Target});
    specification.vlan = 0x123;
    const FrameReader frame{packets(specification, 1).front()};
    EXPECT_EQ(frame.tags_and_type(), (Bytes{0x81, 0x00, 0x01, 0x23, 0x86, 0xdd}));
}

TEST(PacketFactory, UsesEveryPortOfTheRanges) {
    FloodSpecification specification = flood_of(FloodKind::kSyn, {kIpv4Target});
    specification.destination_ports = {{80, 80}, {443, 443}, {65534, 65535}};
    specification.source_ports = {5000, 5003};
    std::set<unsigned> destinations;
    std::set<unsigned> sources;
    for (const Bytes& packet : packets(specification, 500)) {
        destinations.insert(FrameReader{packet}.destination_port());
        sources.insert(FrameReader{packet}.source_port());
    }
    EXPECT_EQ(destinations, (std::set<unsigned>{80, 443, 65534, 65535}));
    EXPECT_EQ(sources, (std::set<unsigned>{5000, 5001, 5002, 5003}));
}

TEST(PacketFactory, DependsOnTheSeedAlone) {
    FloodSpecification specification = flood_of(FloodKind::kMixed, {kIpv4Target, kIpv6Target});
    specification.payload_length = 10;
    const auto once = packets(specification, 1000);
    EXPECT_EQ(once, packets(specification, 1000));
    specification.seed = 2;
    EXPECT_NE(once, packets(specification, 1000));
}

TEST(PacketFactory, RefusesAContradiction) {
    const auto refused = [](auto change) {
        FloodSpecification specification = flood_of(FloodKind::kSyn, {kIpv4Target});
        change(specification);
        EXPECT_THROW(PacketFactory{specification}, std::invalid_argument);
    };
    refused([](auto& flood) { flood.destinations.clear(); });
    refused([](auto& flood) { flood.destination_ports.clear(); });
    refused([](auto& flood) { flood.source_ports = {2, 1}; });
    refused([](auto& flood) { flood.payload_length = kMaximumPayload + 1; });
    refused([](auto& flood) { flood.vlan = 4095; });
    // A segment that ends where its first fragment must cannot be cut.
    refused([](auto& flood) {
        flood.kind = FloodKind::kFragment;
        flood.payload_length = 4;
        flood.options = HandshakeStyle::kNone;
    });
}

}  // namespace
}  // namespace synward::flood
