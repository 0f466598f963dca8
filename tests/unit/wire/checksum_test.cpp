// SPDX-License-Identifier: BSD-3-Clause
#include "wire/checksum.h"

#include <gtest/gtest.h>

#include <random>

#include "support/reference_checksum.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;
using test::FrameBuilder;
using test::reference_checksum;

std::uint16_t checksum_of(std::span<const std::uint8_t> bytes) {
    ChecksumSum sum;
    sum.add(bytes);
    return sum.checksum().host();
}

Bytes random_bytes(std::mt19937& random, std::size_t length) {
    Bytes bytes(length);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random());
    }
    return bytes;
}

template <typename Field>
Field field_at(const Bytes& bytes, std::size_t position) {
    Field field;
    std::memcpy(&field, bytes.data() + position, sizeof field);
    return field;
}

TEST(ChecksumSum, Rfc1071Section3) {
    const Bytes example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(checksum_of(example), static_cast<std::uint16_t>(~0xddf2U));
}

TEST(ChecksumSum, KnownIpv4Header) {
    const Bytes header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                       0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
    EXPECT_TRUE(ipv4_header_checksum_is_right(header));
    EXPECT_EQ(ipv4_header_checksum(header).host(), 0xb861);
    for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
        Bytes changed = header;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
        EXPECT_FALSE(ipv4_header_checksum_is_right(changed)) << bit;
    }
}

TEST(ChecksumSum, EveryLengthAtEveryAlignment) {
    std::mt19937 random{1};
    const Bytes bytes = random_bytes(random, 300);
    for (std::size_t start = 0; start < 33; ++start) {
        for (std::size_t length = 0; length < 260; ++length) {
            const auto piece = std::span{bytes}.subspan(start, length);
            ASSERT_EQ(checksum_of(piece), reference_checksum(piece)) << start << " " << length;
        }
    }
}

TEST(ChecksumSum, OnesNeverOverflow) {
    const Bytes ones(65535, 0xff);
    ChecksumSum sum;
    for (int i = 0; i < 16; ++i) {
        sum.add(std::span{ones}.first(65534));
    }
    EXPECT_TRUE(sum.is_consistent());
    EXPECT_EQ(checksum_of(ones), reference_checksum(ones));
}

TEST(ChecksumSum, PiecesAddUp) {
    std::mt19937 random{2};
    const Bytes bytes = random_bytes(random, 101);
    for (std::size_t split = 0; split <= 100; split += 2) {
        ChecksumSum sum;
        sum.add(std::span{bytes}.first(split));
        sum.add(std::span{bytes}.subspan(split));
        EXPECT_EQ(sum.checksum().host(), reference_checksum(bytes)) << split;
    }
    ChecksumSum words;
    words.add(field_at<Big16>(bytes, 0));
    words.add(field_at<Big32>(bytes, 2));
    EXPECT_EQ(words.checksum().host(), reference_checksum(std::span{bytes}.first(6)));
}

// RFC 1624 section 4: the example whose result RFC 1141's formula got wrong.
TEST(ChecksumUpdate, Rfc1624Section4) {
    Big16 checksum = Big16::from_host(0xdd2f);
    ChecksumUpdate update;
    update.replace(Big16::from_host(0x5555), Big16::from_host(0x3285));
    update.apply(checksum);
    EXPECT_EQ(checksum.host(), 0x0000);
}

/// A text with its checksum at offset 16, in which fields change.
class ChecksumUpdateRandom : public testing::Test {
  protected:
    static constexpr std::size_t kChecksumAt = 16;

    static Bytes with_checksum(Bytes text) {
        text[kChecksumAt] = text[kChecksumAt + 1] = 0;
        const unsigned checksum = reference_checksum(text);
        text[kChecksumAt] = static_cast<std::uint8_t>(checksum >> 8U);
        text[kChecksumAt + 1] = static_cast<std::uint8_t>(checksum);
        return text;
    }
    /// Random numbers with more than their share of the edges 0 and all ones.
    static std::uint32_t edgy(std::mt19937& random) {
        constexpr std::uint32_t kEdges[] = {0, 0xffffffff, 0xffff, 0xffff0000, 1, 0xfffffffe};
        return random() % 2 == 0 ? kEdges[random() % std::size(kEdges)]
                                 : static_cast<std::uint32_t>(random());
    }
};

TEST_F(ChecksumUpdateRandom, EqualsRecomputation) {
    std::mt19937 random{3};
    for (int i = 0; i < 100'000; ++i) {
        // Short and mostly zeros: that is where the two zeros of one's complement are mixed up.
        Bytes text(40, 0);
        text[0] = 6;
        if (random() % 2 == 0) {
            text = random_bytes(random, 40);
            text[0] = 6;
        }
        const Big32 start = Big32::from_host(edgy(random));
        std::memcpy(text.data() + 20, &start, sizeof start);
        text = with_checksum(text);
        auto checksum = field_at<Big16>(text, kChecksumAt);
        ChecksumUpdate update;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            const auto value = Big32::from_host(edgy(random));
            const std::size_t position = 20 + random() % 16;
            if (position % 2 != 0) {
                update.replace_odd(field_at<Big32>(text, position), value);
                std::memcpy(text.data() + position, &value, sizeof value);
            } else if (random() % 2 == 0) {
                update.replace(field_at<Big32>(text, position), value);
                std::memcpy(text.data() + position, &value, sizeof value);
            } else {
                const auto half = Big16::from_host(static_cast<std::uint16_t>(value.host()));
                update.replace(field_at<Big16>(text, position), half);
                std::memcpy(text.data() + position, &half, sizeof half);
            }
        }
        update.apply(checksum);
        ASSERT_EQ(checksum, field_at<Big16>(with_checksum(text), kChecksumAt)) << i;
    }
}

TEST(ChecksumUpdate, NothingChangedChangesNothing) {
    ChecksumUpdate same;
    same.replace(Big32::from_host(0x12345678), Big32::from_host(0x12345678));
    same.replace(Big16::from_host(0xffff), Big16::from_host(0xffff));
    for (unsigned value = 0; value <= 0xffff; ++value) {
        auto checksum = Big16::from_host(static_cast<std::uint16_t>(value));
        ChecksumUpdate{}.apply(checksum);
        ASSERT_EQ(checksum.host(), value);
        same.apply(checksum);
        // 0xffff is a zero that no sender computes; it comes out as the one that all compute.
        ASSERT_EQ(checksum.host(), value == 0xffff ? 0 : value);
    }
}

class TcpChecksum : public testing::TestWithParam<std::size_t> {};

TEST_P(TcpChecksum, IsVerifiedAndSet) {
    for (const FrameBuilder& builder :
         {FrameBuilder{}.ipv4("192.0.2.1", "203.0.113.255"),
          FrameBuilder{}.ipv6("2001:db8::1", "2001:db8:ffff::2").vlan(3),
          FrameBuilder{}.ipv6("2001:db8::1", "2001:db8::2").extension_of_units(0, 2)}) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            const Bytes frame =
                FrameBuilder{builder}.tcp(1, 2, 3, 4).payload(GetParam()).padding(4).bytes();
            const auto [result, segment] = test::parse(frame, from);
            ASSERT_EQ(result.kind, FrameKind::kTcp);
            EXPECT_TRUE(tcp_checksum_is_right(frame, segment));

            Bytes changed = frame;
            changed[segment.frame_length() - 1] ^= 0x10;
            EXPECT_FALSE(tcp_checksum_is_right(changed, segment));
            Bytes padded = frame;
            padded.back() ^= 0xff;
            EXPECT_TRUE(tcp_checksum_is_right(padded, segment)) << "padding is not covered";

            Bytes reset = frame;
            reset[segment.tcp_offset + 16U] = 0x12;
            reset[segment.tcp_offset + 17U] = 0x34;
            EXPECT_FALSE(tcp_checksum_is_right(reset, segment));
            set_tcp_checksum(reset, segment);
            EXPECT_EQ(reset, frame);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(PayloadLengths, TcpChecksum,
                         testing::Values(0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1459, 1460, 8960));

}  // namespace
}  // namespace synward::wire
