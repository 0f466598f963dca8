// SPDX-License-Identifier: BSD-3-Clause
#include "wire/frame_writer.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/frame_reader.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;
using test::FrameBuilder;
using test::FrameReader;

const Bytes kClientMac{0x02, 1, 2, 3, 4, 5};
const Bytes kServerMac{0x02, 9, 8, 7, 6, 5};

FrameBuilder ethernet_ipv4_frame() {
    return test::ipv4_frame().macs(kClientMac, kServerMac).tcp(40001, 443, 100, 200);
}
FrameBuilder ethernet_ipv6_frame() {
    return ethernet_ipv4_frame().ipv6("2001:db8::1", "2001:db8:1::2");
}

struct WriterCase {
    const char* name;
    FrameBuilder frame;
};
void PrintTo(const WriterCase& writer, std::ostream* out) {
    *out << writer.name;
}

class WriteSegment : public testing::TestWithParam<WriterCase> {
  protected:
    static constexpr TcpFields kFields{SequenceNumber{0xcafef00d}, SequenceNumber{0x0badcafe},
                                       0xabcd, kSyn | kAck, 0x2a};
    const Bytes original_ = GetParam().frame.bytes();

    /// The new frame that write_segment makes of the original, with nothing behind it.
    Bytes write(Side from, Direction direction, const Bytes& options, Segment& segment) const {
        EXPECT_EQ(
            parse(original_, static_cast<std::uint32_t>(original_.size()), from, segment).kind,
            FrameKind::kTcp);
        Bytes frame = original_;
        frame.resize(std::max<std::size_t>(original_.size(), kMaximumBareFrame));
        frame.resize(write_segment(frame, segment, direction, kFields, options));
        return frame;
    }
};

TEST_P(WriteSegment, Answer) {
    for (const Bytes& options : {Bytes{}, Bytes{2, 4, 5, 0xb4}, Bytes(40, 1)}) {
        Segment segment;
        const Bytes frame = write(Side::kOutside, Direction::kOpposite, options, segment);
        const FrameReader answer{frame};
        const FrameReader model{FrameBuilder{GetParam().frame}.bytes()};
        EXPECT_TRUE(answer.checksums_are_right());
        EXPECT_EQ(answer.length(), frame.size()) << "no padding, nothing left of the old frame";
        EXPECT_EQ(answer.ethernet_source(), kServerMac);
        EXPECT_EQ(answer.ethernet_destination(), kClientMac);
        EXPECT_EQ(answer.tags_and_type(), model.tags_and_type());
        EXPECT_EQ(answer.ip_source(), model.ip_destination());
        EXPECT_EQ(answer.ip_destination(), model.ip_source());
        EXPECT_EQ(answer.source_port(), 443U);
        EXPECT_EQ(answer.destination_port(), 40001U);
        EXPECT_EQ(answer.sequence(), 0xcafef00d);
        EXPECT_EQ(answer.acknowledgment(), 0x0badcafe);
        EXPECT_EQ(answer.window(), 0xabcdU);
        EXPECT_EQ(answer.flags(), kSyn | kAck);
        EXPECT_EQ(answer.options(), options);
        EXPECT_TRUE(answer.payload().empty());
    }
}

TEST_P(WriteSegment, OnTheSameWay) {
    Segment segment;
    const FrameReader frame{write(Side::kOutside, Direction::kSame, Bytes(20, 1), segment)};
    const FrameReader model{FrameBuilder{GetParam().frame}.bytes()};
    EXPECT_TRUE(frame.checksums_are_right());
    EXPECT_EQ(frame.ethernet_source(), kClientMac);
    EXPECT_EQ(frame.ethernet_destination(), kServerMac);
    EXPECT_EQ(frame.ip_source(), model.ip_source());
    EXPECT_EQ(frame.ip_destination(), model.ip_destination());
    EXPECT_EQ(frame.source_port(), 40001U);
    EXPECT_EQ(frame.destination_port(), 443U);
}

TEST_P(WriteSegment, PlainIpHeader) {
    Segment segment;
    const Bytes header =
        FrameReader{write(Side::kOutside, Direction::kOpposite, Bytes(4, 1), segment)}.ip_header();
    if (GetParam().frame.is_ipv4()) {
        const Bytes expected{0x45, 0x2a, 0, 44, 0, 0, 0x40, 0, 64, 6};
        EXPECT_EQ(header.size(), 20U);
        EXPECT_EQ(Bytes(header.begin(), header.begin() + 10), expected);
    } else {
        const Bytes expected{0x62, 0xa0, 0, 0, 0, 24, 6, 64};
        EXPECT_EQ(header.size(), 40U);
        EXPECT_EQ(Bytes(header.begin(), header.begin() + 8), expected);
    }
}

// What a parser finds in the frame is what the writer was asked for.
TEST_P(WriteSegment, HoldsWhatWasAskedFor) {
    for (const Side from : {Side::kOutside, Side::kInside}) {
        for (const Direction direction : {Direction::kSame, Direction::kOpposite}) {
            Segment segment;
            const Bytes frame = write(from, direction, Bytes(12, 1), segment);
            const Side seen_from = direction == Direction::kSame ? from : opposite(from);
            const auto [result, parsed] = test::parse(frame, seen_from);
            ASSERT_EQ(result.kind, FrameKind::kTcp);
            EXPECT_EQ(parsed.tuple, segment.tuple);
            EXPECT_EQ(parsed.sequence, kFields.sequence);
            EXPECT_EQ(parsed.acknowledgment, kFields.acknowledgment);
            EXPECT_EQ(parsed.window, kFields.window);
            EXPECT_EQ(parsed.payload_length, 0);
            EXPECT_EQ(parsed.ip_offset, segment.ip_offset);
            EXPECT_EQ(parsed.tcp_header_length, 32);
            EXPECT_EQ(parsed.flags, kFields.flags);
            EXPECT_EQ(parsed.frame_length(), frame.size());
            EXPECT_EQ(header_at<TcpHeader>(&frame[parsed.tcp_offset]).urgent_pointer, Big16{})
                << "where the checksum is right in its place";
        }
    }
}

// The options as a text and as what they say come to the same.
TEST_P(WriteSegment, WritesHandshakeOptions) {
    for (const HandshakeOptions& options : {HandshakeOptions{}, HandshakeOptions{.mss = 1400},
                                            HandshakeOptions{.mss = 1460,
                                            .window_scale = 7,
                                            .sack_permitted = true,
                                            .timestamps = Timestamps{0x01020304, 0xfffefdfc}}}) {
        Bytes text(kMaximumOptionsLength);
        text.resize(write_handshake_options(options, text));
        Segment segment;
        const Bytes expected = write(Side::kOutside, Direction::kOpposite, text, segment);
        Bytes frame = original_;
        frame.resize(std::max<std::size_t>(original_.size(), kMaximumBareFrame));
        frame.resize(write_segment(frame, segment, Direction::kOpposite, kFields, options));
        EXPECT_EQ(frame, expected);
    }
}

INSTANTIATE_TEST_SUITE_P(
    , WriteSegment,
    testing::Values(WriterCase{"Ipv4", ethernet_ipv4_frame()},
                    WriterCase{"Ipv4Vlan", ethernet_ipv4_frame().vlan(5)},
                    WriterCase{"Ipv4QinQ",
                               ethernet_ipv4_frame().vlan(0xe005, kEtherTypeQinq).vlan(6)},
                    WriterCase{"Ipv4Options", ethernet_ipv4_frame().ip_options(Bytes(40, 1))},
                    WriterCase{"Ipv4Payload", ethernet_ipv4_frame().payload(1460)},
                    WriterCase{"Ipv4Padding", ethernet_ipv4_frame().padding(6)},
                    WriterCase{"Ipv4TcpOptions", ethernet_ipv4_frame().options(Bytes(40, 1))},
                    WriterCase{"Ipv6", ethernet_ipv6_frame()},
                    WriterCase{"Ipv6Vlan", ethernet_ipv6_frame().vlan(5)},
                    WriterCase{"Ipv6QinQ", ethernet_ipv6_frame().vlan(5, kEtherTypeQinq).vlan(6)},
                    WriterCase{"Ipv6Payload", ethernet_ipv6_frame().payload(1440)}),
    test::CaseName{});

TEST(WriteSegmentOverExtensionHeaders, DropsThem) {
    Bytes frame = ethernet_ipv6_frame()
                      .extension_of_units(kProtocolHopByHop, 1)
                      .ipv6_fragment(0, false)
                      .payload(50)
                      .bytes();
    auto [result, segment] = test::parse(frame);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    frame.resize(write_segment(frame, segment, Direction::kOpposite, {.flags = kRst}));
    const FrameReader answer{frame};
    EXPECT_EQ(frame.size(), 14U + 40 + 20);
    EXPECT_TRUE(answer.checksums_are_right());
    EXPECT_EQ(answer.flags(), kRst);
    EXPECT_EQ(answer.destination_port(), 40001U);
}

}  // namespace
}  // namespace synward::wire
