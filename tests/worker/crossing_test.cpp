// SPDX-License-Identifier: BSD-3-Clause
//
// What is no TCP crosses a box byte for byte, in both directions; tags, sizes and pieces make no
// difference.
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/conversation.h"

namespace synward::test {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

Bytes joined(const Bytes& front, const Bytes& back) {
    Bytes bytes = front;
    bytes.insert(bytes.end(), back.begin(), back.end());
    return bytes;
}

/// Ethernet addresses, tags and type, then `length` octets.
Bytes ethernet(const Bytes& type, std::size_t length) {
    Bytes frame{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    frame = joined(frame, type);
    for (std::size_t octet = 0; octet < length; ++octet) {
        frame.push_back(static_cast<std::uint8_t>(octet * 11 + 3));
    }
    return frame;
}

void expect_crosses(RingBox& box, Side from, const Bytes& frame) {
    box.inject(from, frame);
    box.run();
    EXPECT_EQ(box.take_only(opposite(from)), frame);
    EXPECT_TRUE(box.take(from).empty()) << "something came back";
}

struct FrameCase {
    const char* name;
    Bytes frame;
};
void PrintTo(const FrameCase& frame_case, std::ostream* out) {
    *out << frame_case.name;
}
class NotTcp : public testing::TestWithParam<FrameCase> {};

TEST_P(NotTcp, CrossesByteForByteBothWays) {
    RingBox box{policy_with(Challenge::kAlways)};
    expect_crosses(box, Side::kOutside, GetParam().frame);
    expect_crosses(box, Side::kInside, GetParam().frame);
    EXPECT_EQ(box.count(Reason::kNotTcp), 2U);
}

FrameBuilder to_service() {
    return FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.2");
}
FrameBuilder to_service_ipv6() {
    return FrameBuilder{}.ipv6("2001:db8:2::1", "2001:db8:1::2");
}

INSTANTIATE_TEST_SUITE_P(
    , NotTcp,
    testing::Values(
        FrameCase{"Arp", ethernet({0x08, 0x06}, 28)},
        FrameCase{"ArpPadded", ethernet({0x08, 0x06}, 46)},
        FrameCase{"Lldp", ethernet({0x88, 0xcc}, 80)},
        FrameCase{"UnknownEtherType", ethernet({0x12, 0x34}, 1000)},
        FrameCase{"LengthFieldOf8023", ethernet({0x00, 0x26}, 46)},
        FrameCase{"Pause", ethernet({0x88, 0x08}, 46)},
        FrameCase{"Mpls", ethernet({0x88, 0x47}, 60)},
        FrameCase{"ThreeTags",
                  ethernet({0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 8, 0}, 60)},
        FrameCase{"Icmp", to_service().protocol(1).bytes()},
        FrameCase{"Udp", to_service().protocol(17).payload(300).bytes()},
        FrameCase{"UdpPadded", to_service().protocol(17).padding(20).bytes()},
        FrameCase{"UdpFragment", to_service().protocol(17).fragment_field(0x2003).bytes()},
        FrameCase{"UdpTagged", to_service().protocol(17).vlan(7).bytes()},
        FrameCase{"IcmpBetweenTwoTags", to_service().protocol(1).vlan(7, 0x88a8).vlan(8).bytes()},
        FrameCase{"Sctp", to_service().protocol(132).bytes()},
        FrameCase{"Gre", to_service().protocol(47).bytes()},
        FrameCase{"Icmpv6", to_service_ipv6().protocol(58).bytes()},
        FrameCase{"UdpOverIpv6", to_service_ipv6().protocol(17).payload(1200).bytes()},
        FrameCase{"UdpBehindHopByHop",
                  to_service_ipv6().extension_of_units(0, 1).protocol(17).bytes()},
        FrameCase{"EspOverIpv6", to_service_ipv6().protocol(50).payload(64).bytes()},
        FrameCase{"JumboUdp", to_service().protocol(17).payload(8900).bytes()}),
    CaseName{});

TEST(Crossing, RuntsOfEveryLengthPass) {
    RingBox box{policy_with(Challenge::kAlways)};
    for (std::size_t length = 1; length <= 60; ++length) {
        Bytes frame = ethernet({0x88, 0xb6}, 60);
        frame.resize(length);
        SCOPED_TRACE(length);
        expect_crosses(box, Side::kOutside, frame);
        expect_crosses(box, Side::kInside, frame);
    }
    EXPECT_EQ(box.count(Reason::kNotTcp), 120U);
}

TEST(Crossing, AnEmptyPacketIsAccountedFor) {
    RingBox box{policy_with(Challenge::kAlways)};
    expect_crosses(box, Side::kOutside, {});
}

TEST(Crossing, CutOffTcpHasANamedReasonAtEveryLength) {
    for (const bool ipv6 : {false, true}) {
        RingBox box{policy_with(Challenge::kAlways)};
        Conversation talk{box, {.ipv6 = ipv6}};
        const auto inject_cut_off = [&](Side from, const Bytes& whole) {
            for (std::size_t length = 15; length < whole.size(); ++length) {
                Bytes frame = whole;
                frame.resize(length);
                box.inject(from, frame);
            }
        };
        inject_cut_off(Side::kOutside, talk.to_server().payload(40).bytes());
        inject_cut_off(Side::kInside, talk.to_client().payload(40).bytes());
        box.run();
        EXPECT_EQ(box.sum(wire::Disposition::kDropped), box.injected());
    }
}

TEST(Crossing, TcpOfNobodysServicePasses) {
    RingBox box{policy_with(Challenge::kAlways)};
    for (const unsigned flags : {kSyn, kSyn | kAck, kAck, kFin | kAck, kRst, 0U, 0xffU}) {
        expect_crosses(box, Side::kOutside,
                       FrameBuilder{}.ipv4("203.0.113.1", "192.0.2.77").flags(flags).bytes());
        expect_crosses(box, Side::kInside,
                       FrameBuilder{}.ipv6("2001:db8:9::1", "2001:db8:2::1").flags(flags).bytes());
    }
    EXPECT_EQ(box.count(Reason::kNotProtected), 14U);
}

// Frames of several buffers.

TEST(Chain, CrossesAsItCame) {
    RingBox box{policy_with(Challenge::kAlways)};
    const Bytes front = to_service().protocol(17).payload(1000).bytes();
    const Bytes middle(2000, 0x33);
    const Bytes back(1, 0x44);
    box.inject_chain(Side::kOutside, std::array{front, middle, back});
    box.run();
    EXPECT_EQ(box.take_only(Side::kInside), joined(joined(front, middle), back));
}

/// A frame in two buffers, the first of `first` bytes.
void inject_split(RingBox& box, Side side, const Bytes& frame, std::size_t first) {
    const auto middle = frame.begin() + static_cast<std::ptrdiff_t>(first);
    box.inject_chain(side, std::array{Bytes(frame.begin(), middle), Bytes(middle, frame.end())});
}

TEST(Chain, JumboDataOfASplicedConnectionCrosses) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.establish();
    const Bytes request = talk.from_client(kAck, 8000);
    talk.client_sends(request);
    const FrameReader at_server{box.take_only(Side::kInside)};
    EXPECT_EQ(at_server.acknowledgment(), talk.server_next);
    EXPECT_EQ(at_server.payload(), FrameReader{request}.payload());
    EXPECT_TRUE(at_server.checksums_are_right());
}

TEST(Chain, DataMaySplitAnywhereBehindTheHeaders) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    talk.establish();
    const std::size_t headers = talk.from_client(kAck).size();
    for (std::size_t first = headers; first < headers + 9; ++first) {
        const Bytes request = talk.from_client(kAck, 9);
        inject_split(box, Side::kOutside, request, first);
        box.run();
        const FrameReader at_server{box.take_only(Side::kInside)};
        EXPECT_EQ(at_server.payload(), FrameReader{request}.payload());
        EXPECT_TRUE(at_server.checksums_are_right());
    }
}

TEST(Chain, ChecksumsOfPiecesAreSummedUpAcrossOddLengths) {
    RingBox box{policy_with(Challenge::kAlways)};
    for (std::size_t piece = 1; piece <= 4; ++piece) {
        Conversation talk{box, {.client = static_cast<unsigned>(piece)}};
        talk.establish();
        const Bytes fin = talk.from_client(kFin | kAck, 3 * piece);
        const auto part = [&](std::size_t from, std::size_t to) {
            return Bytes(fin.begin() + static_cast<std::ptrdiff_t>(from),
                         fin.begin() + static_cast<std::ptrdiff_t>(to));
        };
        const std::size_t data = fin.size() - 3 * piece;
        box.inject_chain(Side::kOutside, std::array{part(0, data), part(data, data + piece),
                                                    part(data + piece, data + 2 * piece),
                                                    part(data + 2 * piece, fin.size())});
        box.run();
        EXPECT_TRUE(FrameReader{box.take_only(Side::kInside)}.checksums_are_right());
    }
    EXPECT_EQ(box.count(Reason::kFinPassed), 4U);
}

TEST(Chain, SplitHeadersHaveANamedReason) {
    for (const bool ipv6 : {false, true}) {
        RingBox box{policy_with(Challenge::kAlways)};
        Conversation talk{box, {.ipv6 = ipv6}};
        const Bytes syn = talk.syn();
        for (std::size_t first = 15; first < syn.size(); ++first) {
            inject_split(box, Side::kOutside, syn, first);
        }
        box.run();
        const std::uint64_t named = box.count(Reason::kIpv4HeaderLength) +
                                    box.count(Reason::kIpv6Header) +
                                    box.count(Reason::kTcpHeaderTruncated);
        EXPECT_EQ(named, syn.size() - 15);
    }
}

TEST(Chain, ASynInPiecesIsAnsweredInOneBuffer) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    const Bytes syn = talk.to_server().flags(kSyn).payload(600).bytes();
    inject_split(box, Side::kOutside, syn, 60);
    box.run();
    const FrameReader answer{box.take_only(Side::kOutside)};
    EXPECT_EQ(answer.acknowledgment(), talk.client_next + 1);
    EXPECT_TRUE(answer.payload().empty());
    EXPECT_TRUE(answer.checksums_are_right());
}

TEST(Chain, WrongChecksumsOfPiecesAreSeen) {
    RingBox box{policy_with(Challenge::kAlways)};
    Conversation talk{box};
    const FrameBuilder syn = talk.to_server().flags(kSyn).payload(601);
    Bytes wrong_data = syn.bytes();
    wrong_data[400] ^= 1;
    for (const std::size_t first : {54U, 60U, 301U}) {
        inject_split(box, Side::kOutside, wrong_data, first);
        inject_split(box, Side::kOutside, FrameBuilder{syn}.ip_checksum(0x1234).bytes(), first);
    }
    box.run();
    EXPECT_EQ(box.count(Reason::kTcpChecksum), 3U);
    EXPECT_EQ(box.count(Reason::kIpv4Checksum), 3U);
    EXPECT_TRUE(box.take(Side::kOutside).empty());
}

TEST(Links, KeepApart) {
    RingBox box{policy_with(Challenge::kAlways), {.links = 3}};
    for (std::uint16_t link = 0; link < 3; ++link) {
        Conversation talk{box, {.client = 10U + link, .link = link}};
        talk.establish();
        talk.expect_data_crosses();
        const Bytes arp = ethernet({0x08, 0x06}, 28U + link);
        box.inject(Side::kInside, arp, {.link = link});
        box.run();
        EXPECT_EQ(box.take_only(Side::kOutside, link), arp);
        for (std::uint16_t other = 0; other < 3; ++other) {
            EXPECT_TRUE(box.take(Side::kOutside, other).empty());
            EXPECT_TRUE(box.take(Side::kInside, other).empty());
        }
    }
}

}  // namespace
}  // namespace synward::test
