// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/splice_icmp_error.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/icmp_error.h"
#include "support/wire.h"

namespace synward::tcp {
namespace {

using test::Bytes;
using test::FrameBuilder;
using test::IcmpError;
using wire::kAck, wire::kSyn;
using wire::Side;

constexpr std::uint32_t kSequenceDelta = 0x8765'4321;
constexpr std::uint32_t kServer = 0xffff'ff00;  // in its own numbers; translations wrap around
constexpr std::uint32_t kClient = 0x0123'4567;

struct Family {
    const char* name;
    FrameBuilder carrier;
    bool ipv6;
};
void PrintTo(const Family& family, std::ostream* out) {
    *out << family.name;
}

class SpliceIcmpError : public testing::TestWithParam<Family> {
  protected:
    /// The connection's segment from `sender`, with the server's numbers moved by `shown`.
    [[nodiscard]] FrameBuilder segment(Side sender, std::uint32_t shown,
                                       unsigned flags = kAck) const {
        const bool server = sender == Side::kInside;
        const std::string server_address = GetParam().ipv6 ? "2001:db8:1::2" : "198.51.100.2";
        const std::string client_address = GetParam().ipv6 ? "2001:db8::1" : "192.0.2.1";
        const std::string& from = server ? server_address : client_address;
        const std::string& to = server ? client_address : server_address;
        FrameBuilder frame;
        GetParam().ipv6 ? frame.ipv6(from, to) : frame.ipv4(from, to);
        frame.tcp(server ? 80 : 40000, server ? 40000 : 80, server ? kServer + shown : kClient,
                  server ? kClient : kServer + shown);
        return frame.flags(flags).options(Bytes(12, 1)).payload(64);
    }
    [[nodiscard]] Bytes error(const FrameBuilder& about, std::size_t quoted) const {
        IcmpError icmp = IcmpError::too_big(GetParam().ipv6);
        icmp.quoted = (GetParam().ipv6 ? 40U : 20U) + quoted;
        return icmp.about(about.bytes(), 14, GetParam().carrier);
    }
    static Bytes spliced(Bytes frame, Side from) {
        const auto [result, segment] = test::parse(frame, from);
        EXPECT_EQ(result.kind, wire::FrameKind::kIcmpError);
        splice_icmp_error(frame, segment, kSequenceDelta);
        return frame;
    }
};

// What the client was shown goes back to the server in the server's numbers: the whole frame, with
// every checksum in it, is the error about the segment that the server sent. For quotations of all
// lengths in words, the least (RFC 792) and whole ones (RFC 1812 section 4.3.2.3).
TEST_P(SpliceIcmpError, ToTheServerItQuotesTheServersOwnNumbers) {
    for (std::size_t quoted = 8; quoted <= 20 + 12 + 64; quoted += 4) {
        EXPECT_EQ(spliced(error(segment(Side::kInside, kSequenceDelta), quoted), Side::kOutside),
                  error(segment(Side::kInside, 0), quoted))
            << quoted;
    }
}

// A client sends its own numbers; the acknowledgment alone was translated on its way, and is quoted
// from the twelfth octet on.
TEST_P(SpliceIcmpError, ToTheClientItQuotesTheNumbersThatTheClientWasShown) {
    for (std::size_t quoted = 8; quoted <= 20 + 12 + 64; quoted += 4) {
        EXPECT_EQ(spliced(error(segment(Side::kOutside, 0), quoted), Side::kInside),
                  error(segment(Side::kOutside, kSequenceDelta), quoted))
            << quoted;
    }
}

TEST_P(SpliceIcmpError, WithoutAckThereIsNothingToTranslateForTheClient) {
    const Bytes frame = error(segment(Side::kOutside, 0, kSyn), 40);
    EXPECT_EQ(spliced(frame, Side::kInside), frame);
}

TEST_P(SpliceIcmpError, WrongChecksumsStayAsWrongAsTheyWere) {
    for (const Side sender : {Side::kInside, Side::kOutside}) {
        const bool server = sender == Side::kInside;
        const auto damaged = [&](std::uint32_t shown) {
            Bytes frame = error(segment(sender, shown), 40);
            frame[frame.size() - 1] ^= 0x10U;  // quoted, and covered by both checksums
            return frame;
        };
        EXPECT_EQ(spliced(damaged(server ? kSequenceDelta : 0), opposite(sender)),
                  damaged(server ? 0 : kSequenceDelta));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Families, SpliceIcmpError,
    testing::Values(
        Family{"Ipv4", {}, false}, Family{"Ipv6", {}, true},
        Family{"Ipv4OptionsAndTags", FrameBuilder{}.vlan(5).vlan(6).ip_options(Bytes(8, 1)), false},
        Family{"Ipv6ExtensionsAndTag", FrameBuilder{}.vlan(5).extension_of_units(60, 2), true}),
    test::CaseName{});

}  // namespace
}  // namespace synward::tcp
