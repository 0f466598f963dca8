// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/splice.h"

#include <gtest/gtest.h>

#include <random>

#include "support/case_name.h"
#include "support/frame_reader.h"
#include "support/options_text.h"
#include "support/wire.h"
#include "tcp/window.h"
#include "wire/tcp_options.h"

namespace synward::tcp {
namespace {

using test::Bytes;
using test::FrameBuilder;
using test::FrameReader;
using wire::kAck, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn;
using wire::Side;

constexpr std::uint32_t kSequence = 0xffff'fff0;  // so that the translations wrap around
constexpr std::uint32_t kAcknowledgment = 0x0000'0010;
constexpr std::uint32_t kDelta = 0x8765'4321;
constexpr std::uint32_t kClockDelta = 0x1234'8765;
constexpr unsigned kWindow = 0x1235;
constexpr std::uint32_t kValue = 0xeeee'0001;
constexpr std::uint32_t kEcho = 0x0000'0002;

constexpr Translation kBothHaveAll{.sequence_delta = kDelta,
                                   .timestamp_delta = kClockDelta,
                                   .client_scale = 7,
                                   .server_scale = 9,
                                   .promised_scale = 9,
                                   .timestamps = true};

/// Everything that may lie around the translated fields.
struct Carrier {
    const char* name;
    FrameBuilder to_server;
    FrameBuilder to_client;

    [[nodiscard]] const FrameBuilder& from(Side side) const {
        return side == Side::kOutside ? to_server : to_client;
    }
};
void PrintTo(const Carrier& carrier, std::ostream* out) {
    *out << carrier.name;
}

Carrier ipv4(const char* name, const FrameBuilder& base = {}) {
    return {name, FrameBuilder{base}.ipv4("192.0.2.1", "198.51.100.2").tcp(40000, 80),
            FrameBuilder{base}.ipv4("198.51.100.2", "192.0.2.1").tcp(80, 40000)};
}
Carrier ipv6(const char* name, const FrameBuilder& base = {}) {
    return {name, FrameBuilder{base}.ipv6("2001:db8::1", "2001:db8:1::2").tcp(40000, 80),
            FrameBuilder{base}.ipv6("2001:db8:1::2", "2001:db8::1").tcp(80, 40000)};
}

Bytes frame_of(const Carrier& carrier, Side from, unsigned flags, const Bytes& options = {},
               std::size_t payload = 0) {
    return FrameBuilder{carrier.from(from)}
        .tcp(from == Side::kOutside ? 40000 : 80, from == Side::kOutside ? 80 : 40000, kSequence,
             kAcknowledgment)
        .flags(flags)
        .window(kWindow)
        .options(options)
        .payload(payload)
        .bytes();
}

/// The frame behind the splice, which must succeed.
Bytes spliced(Bytes frame, Side from, const Translation& translation) {
    const auto parsed = test::parse(frame, from);
    EXPECT_TRUE(parsed.is_tcp());
    EXPECT_TRUE(splice(frame, parsed.segment, translation));
    return frame;
}

/// NOPs, timestamps behind `before` NOPs, a SACK option behind `between` more, and what is missing
/// to a multiple of four.
Bytes options_text(unsigned before, bool timestamps, unsigned between, unsigned blocks,
                   std::uint32_t first_edge = kAcknowledgment + 100) {
    Bytes text(before, 1);
    if (timestamps) {
        const Bytes aligned = test::OptionsText{.timestamps = {{kValue, kEcho}}}.bytes();
        text.insert(text.end(), aligned.begin() + 2, aligned.end());
    }
    text.insert(text.end(), between, 1);
    if (blocks != 0) {
        test::OptionsText sack;
        for (unsigned edge = 0; edge < 2 * blocks; edge += 2) {
            sack.sack.emplace_back(first_edge + 10 * edge, first_edge + 10 * edge + 5);
        }
        const Bytes aligned = sack.bytes();
        text.insert(text.end(), aligned.begin() + 2, aligned.end());
    }
    text.resize((text.size() + 3) / 4 * 4, 1);
    return text;
}

class SpliceCarrier : public testing::TestWithParam<Carrier> {};

TEST_P(SpliceCarrier, TranslatesWhatTheServerSends) {
    for (const std::size_t payload : {0U, 1U, 1400U}) {
        const Bytes before =
            frame_of(GetParam(), Side::kInside, kAck | kPsh, options_text(2, true, 0, 0), payload);
        const FrameReader after{spliced(before, Side::kInside, kBothHaveAll)};
        EXPECT_EQ(after.sequence(), kSequence + kDelta);
        EXPECT_EQ(after.acknowledgment(), kAcknowledgment);
        EXPECT_EQ(after.window(), kWindow);
        EXPECT_EQ(after.options(),
                  (test::OptionsText{.timestamps = {{kValue + kClockDelta, kEcho}}}.bytes()));
        EXPECT_EQ(after.payload(), FrameReader{before}.payload());
        EXPECT_TRUE(after.checksums_are_right());
    }
}

TEST_P(SpliceCarrier, TranslatesWhatTheClientSends) {
    for (const std::size_t payload : {0U, 1U, 1400U}) {
        const Bytes before =
            frame_of(GetParam(), Side::kOutside, kAck | kPsh, options_text(2, true, 0, 0), payload);
        const FrameReader after{spliced(before, Side::kOutside, kBothHaveAll)};
        EXPECT_EQ(after.sequence(), kSequence);
        EXPECT_EQ(after.acknowledgment(), kAcknowledgment - kDelta);
        EXPECT_EQ(after.window(), kWindow);
        EXPECT_EQ(after.options(),
                  (test::OptionsText{.timestamps = {{kValue, kEcho - kClockDelta}}}.bytes()));
        EXPECT_TRUE(after.checksums_are_right());
    }
}

TEST_P(SpliceCarrier, TranslatesSackEdgesAtAnyOffsetRfc2018Section3) {
    for (unsigned blocks = 1; blocks <= 4; ++blocks) {
        for (unsigned before_it = 0; before_it <= 3; ++before_it) {
            const Bytes options = options_text(before_it, false, 0, blocks);
            if (options.size() > 40) {
                continue;
            }
            const Bytes frame = frame_of(GetParam(), Side::kOutside, kAck, options);
            const FrameReader after{spliced(frame, Side::kOutside, kBothHaveAll)};
            EXPECT_EQ(after.options(),
                      options_text(before_it, false, 0, blocks, kAcknowledgment + 100 - kDelta));
            EXPECT_TRUE(after.checksums_are_right()) << blocks << " behind " << before_it;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    , SpliceCarrier,
    testing::Values(ipv4("Ipv4"), ipv6("Ipv6"), ipv4("Ipv4Vlan", FrameBuilder{}.vlan(5)),
                    ipv6("Ipv6QinQ", FrameBuilder{}.vlan(5, 0x88a8).vlan(6)),
                    ipv4("Ipv4Options", FrameBuilder{}.ip_options({1, 1, 1, 0})),
                    ipv4("Ipv4Padded", FrameBuilder{}.padding(6))),
    test::CaseName{});

const Carrier kPlain = ipv4("Ipv4");

TEST(Splice, LeavesTheServersSackAndTheClientsClockAlone) {
    // The client's numbers are the same on both sides, and so is its clock.
    const Bytes options = options_text(2, true, 2, 3);
    const FrameReader after{
        spliced(frame_of(kPlain, Side::kInside, kAck, options), Side::kInside, kBothHaveAll)};
    Bytes expected = options;
    const Bytes value = test::OptionsText{.timestamps = {{kValue + kClockDelta, 0}}}.bytes();
    std::copy_n(value.begin() + 4, 4, expected.begin() + 4);
    EXPECT_EQ(after.options(), expected);
    EXPECT_TRUE(after.checksums_are_right());
}

TEST(Splice, TranslatesASynAckButNotItsWindowRfc7323Section2_2) {
    Translation narrower = kBothHaveAll;
    narrower.promised_scale = 2;
    const Bytes options =
        test::OptionsText{
            .mss = 1460, .sack_permitted = true, .timestamps = {{kValue, kEcho}}, .window_scale = 9}
            .bytes();
    const FrameReader after{
        spliced(frame_of(kPlain, Side::kInside, kSyn | kAck, options), Side::kInside, narrower)};
    EXPECT_EQ(after.sequence(), kSequence + kDelta);
    EXPECT_EQ(after.window(), kWindow);
    EXPECT_TRUE(after.checksums_are_right());
}

TEST(Splice, TranslatesResetsByTheirFlagsRfc9293Section3_5_2) {
    const FrameReader from_server{
        spliced(frame_of(kPlain, Side::kInside, kRst), Side::kInside, kBothHaveAll)};
    EXPECT_EQ(from_server.sequence(), kSequence + kDelta);
    EXPECT_TRUE(from_server.checksums_are_right());
    const FrameReader with_ack{
        spliced(frame_of(kPlain, Side::kOutside, kRst | kAck), Side::kOutside, kBothHaveAll)};
    EXPECT_EQ(with_ack.acknowledgment(), kAcknowledgment - kDelta);
    EXPECT_TRUE(with_ack.checksums_are_right());
    const FrameReader without_ack{
        spliced(frame_of(kPlain, Side::kOutside, kRst), Side::kOutside, kBothHaveAll)};
    EXPECT_EQ(without_ack.acknowledgment(), kAcknowledgment) << "no meaning, no change";
    EXPECT_TRUE(without_ack.checksums_are_right());
}

TEST(Splice, LeavesAnEchoWithoutAckAloneRfc7323Section3_2) {
    const Bytes options = options_text(2, true, 0, 0);
    const FrameReader after{
        spliced(frame_of(kPlain, Side::kOutside, kRst, options), Side::kOutside, kBothHaveAll)};
    EXPECT_EQ(after.options(), options);
    EXPECT_TRUE(after.checksums_are_right());
}

struct ScaleCase {
    const char* name;
    std::uint8_t client, server, promised;
    unsigned to_server, to_client;  ///< what becomes of a window field of 0x1235
};
void PrintTo(const ScaleCase& scales, std::ostream* out) {
    *out << scales.name;
}
class SpliceScale : public testing::TestWithParam<ScaleCase> {};

TEST_P(SpliceScale, SaysTheSameWindowInTheScaleThatWasAgreedRfc7323Section2) {
    Translation translation = kBothHaveAll;
    translation.client_scale = GetParam().client;
    translation.server_scale = GetParam().server;
    translation.promised_scale = GetParam().promised;
    for (const unsigned flags : {0U + kAck, 0U + kAck + kFin, 0U + kAck + kPsh}) {
        const FrameReader to_server{
            spliced(frame_of(kPlain, Side::kOutside, flags), Side::kOutside, translation)};
        EXPECT_EQ(to_server.window(), GetParam().to_server);
        EXPECT_TRUE(to_server.checksums_are_right());
        const FrameReader to_client{
            spliced(frame_of(kPlain, Side::kInside, flags), Side::kInside, translation)};
        EXPECT_EQ(to_client.window(), GetParam().to_client);
        EXPECT_TRUE(to_client.checksums_are_right());
    }
}

INSTANTIATE_TEST_SUITE_P(
    , SpliceScale,
    testing::Values(
        ScaleCase{"AsPromised", 7, 9, 9, kWindow, kWindow},
        ScaleCase{"SmallerThanPromised", 7, 5, 9, kWindow, kWindow >> 4U},
        ScaleCase{"LargerThanPromised", 7, 9, 7, kWindow, kWindow << 2U},
        ScaleCase{"LargerThanWhatFits", 7, 14, 2, kWindow, 0xffff},
        ScaleCase{"ServerDoesNotScale", 3, kNoWindowScale, 9, kWindow << 3U, kWindow >> 9U},
        ScaleCase{"ServerDoesNotScaleAndWindowDoesNotFit", 7, kNoWindowScale, 7, 0xffff,
                  kWindow >> 7U},
        ScaleCase{"NoneScales", kNoWindowScale, kNoWindowScale, kNoWindowScale, kWindow, kWindow},
        ScaleCase{"ScaleOfZeroIsAScale", 0, 0, 0, kWindow, kWindow}),
    test::CaseName{});

TEST(Splice, BlanksTheClientsTimestampsAndSackWhereTheServerRefusedThem) {
    for (const bool strip_timestamps : {false, true}) {
        for (const bool strip_sack : {false, true}) {
            for (unsigned before = 0; before <= 3; ++before) {
                for (unsigned between = 0; between <= 3; ++between) {
                    Translation translation = kBothHaveAll;
                    translation.timestamps = !strip_timestamps;
                    translation.strip_timestamps = strip_timestamps;
                    translation.strip_sack = strip_sack;
                    const Bytes options = options_text(before, true, between, 2);
                    ASSERT_LE(options.size(), 40U);
                    const FrameReader after{spliced(frame_of(kPlain, Side::kOutside, kAck, options),
                                                    Side::kOutside, translation)};
                    const auto found = wire::find_options(after.options());
                    ASSERT_TRUE(found);
                    EXPECT_EQ(found->timestamps == 0, strip_timestamps);
                    EXPECT_EQ(found->sack_blocks, strip_sack ? 0 : 2);
                    if (strip_timestamps && strip_sack) {
                        EXPECT_EQ(after.options(), Bytes(options.size(), 1));
                    }
                    EXPECT_TRUE(after.checksums_are_right()) << before << ' ' << between;
                }
            }
        }
    }
}

TEST(Splice, RefusesMalformedOptionsAndLeavesTheFrameRfc9293Must7) {
    for (const Bytes& options :
         {Bytes{8, 0, 1, 1}, Bytes{8, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, Bytes{5, 9, 1, 1},
          Bytes{1, 1, 1, 8}, Bytes{5, 6, 0, 0, 0, 0, 1, 1}}) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            Bytes frame = frame_of(kPlain, from, kAck, options);
            const Bytes before = frame;
            EXPECT_FALSE(splice(frame, test::parse(frame, from).segment, kBothHaveAll));
            EXPECT_EQ(frame, before);
        }
    }
}

class RandomCases {
  public:
    explicit RandomCases(unsigned seed) : engine_{seed} {}
    std::uint32_t number() { return static_cast<std::uint32_t>(engine_()); }
    unsigned below(unsigned count) { return number() % count; }
    bool coin() { return below(2) != 0; }
    Side side() { return coin() ? Side::kOutside : Side::kInside; }
    std::uint8_t scale() { return static_cast<std::uint8_t>(below(16)); }
    Bytes options() {
        for (;;) {
            const Bytes text = options_text(below(4), coin(), below(4), below(5), number());
            if (text.size() <= 40) {
                return text;
            }
        }
    }

  private:
    std::mt19937 engine_;
};

TEST(Splice, KeepsRightChecksumsRightAndWrongOnesWrong) {
    RandomCases random{7};
    for (int i = 0; i < 100'000; ++i) {
        const Translation translation{.sequence_delta = random.number(),
                                      .timestamp_delta = random.number(),
                                      .client_scale = random.scale(),
                                      .server_scale = random.scale(),
                                      .promised_scale = random.scale(),
                                      .timestamps = random.coin(),
                                      .strip_timestamps = random.coin(),
                                      .strip_sack = random.coin()};
        const Side from = random.side();
        Bytes frame = FrameBuilder{kPlain.from(from)}
                          .tcp(40000, 80, random.number(), random.number())
                          .flags(random.coin() ? kAck : kAck + kFin)
                          .window(random.below(0x10000))
                          .options(random.options())
                          .payload(random.below(5))
                          .bytes();
        const bool right = random.coin();
        if (!right) {
            const std::size_t checksum = 14 + 20 + 16;
            frame[checksum + random.below(2)] ^= static_cast<std::uint8_t>(1 + random.below(254));
        }
        ASSERT_EQ(FrameReader{frame}.checksums_are_right(), right);
        ASSERT_EQ(FrameReader{spliced(frame, from, translation)}.checksums_are_right(), right);
    }
}

TEST(Splice, IsUndoneByItsInverse) {
    RandomCases random{8};
    for (int i = 0; i < 20'000; ++i) {
        Translation there = kBothHaveAll;
        there.sequence_delta = random.number();
        there.timestamp_delta = random.number();
        Translation back = there;
        back.sequence_delta = 0U - there.sequence_delta;
        back.timestamp_delta = 0U - there.timestamp_delta;
        const Side from = random.side();
        const Bytes frame = frame_of(kPlain, from, kAck, random.options(), random.below(3));
        ASSERT_EQ(spliced(spliced(frame, from, there), from, back), frame);
    }
}

}  // namespace
}  // namespace synward::tcp
