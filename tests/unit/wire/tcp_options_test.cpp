// SPDX-License-Identifier: BSD-3-Clause
#include "wire/tcp_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "support/case_name.h"

namespace synward::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes result;
    for (const Bytes& part : parts) {
        result.insert(result.end(), part.begin(), part.end());
    }
    return result;
}

/// A copy that ends where its buffer ends, for the address sanitizer.
template <typename Function>
auto on_exact_heap(const Bytes& options, Function function) {
    const auto copy = std::make_unique<std::uint8_t[]>(options.size());
    std::copy(options.begin(), options.end(), copy.get());
    return function(std::span<const std::uint8_t>{copy.get(), options.size()});
}
auto find(const Bytes& options) {
    return on_exact_heap(options, [](auto text) { return find_options(text); });
}
auto read(const Bytes& options) {
    return on_exact_heap(options, [](auto text) { return read_handshake_options(text); });
}

const Bytes kNops2{1, 1};
const Bytes kTs{8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
const Bytes kMss{2, 4, 0x05, 0xb4};

Bytes sack(unsigned blocks) {
    Bytes option(2 + blocks * 8, 0x33);
    option[0] = 5;
    option[1] = static_cast<std::uint8_t>(option.size());
    return option;
}

struct FindCase {
    const char* name;
    Bytes options;
    OptionPositions expected;
};
void PrintTo(const FindCase& find_case, std::ostream* out) {
    *out << find_case.name;
}
class FindOptions : public testing::TestWithParam<FindCase> {};

TEST_P(FindOptions, Positions) {
    const auto found = find(GetParam().options);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->timestamps, GetParam().expected.timestamps);
    EXPECT_EQ(found->sack, GetParam().expected.sack);
    EXPECT_EQ(found->sack_blocks, GetParam().expected.sack_blocks);
    if (found->timestamps != 0) {
        EXPECT_EQ(timestamps_at(GetParam().options, found->timestamps),
                  (Timestamps{0x01020304, 0x05060708}));
    }
}

INSTANTIATE_TEST_SUITE_P(
    , FindOptions,
    testing::Values(
        FindCase{"None", {}, {}}, FindCase{"Nops", Bytes(40, 1), {}},
        FindCase{"Timestamps", joined({kNops2, kTs}), {4, 0, 0}},
        FindCase{"TimestampsFirst", joined({kTs, kNops2}), {2, 0, 0}},
        FindCase{"TimestampsBehindOneNop", joined({{1}, kTs, {1}}), {3, 0, 0}},
        FindCase{"Sack1", joined({kNops2, sack(1)}), {0, 4, 1}},
        FindCase{"Sack4", joined({kNops2, sack(4)}), {0, 4, 4}},
        FindCase{"SackUnaligned", joined({sack(2), kNops2}), {0, 2, 2}},
        FindCase{"TimestampsSack1", joined({kNops2, kTs, kNops2, sack(1)}), {4, 16, 1}},
        FindCase{"TimestampsSack2", joined({kNops2, kTs, kNops2, sack(2)}), {4, 16, 2}},
        FindCase{"TimestampsSack3", joined({kNops2, kTs, kNops2, sack(3)}), {4, 16, 3}},
        FindCase{"TimestampsSackUnaligned", joined({kNops2, kTs, sack(1), kNops2}), {4, 14, 1}},
        FindCase{"SackTimestamps", joined({sack(3), {1}, kTs, {1}}), {29, 2, 3}},
        FindCase{"TimestampsSackMore",
                 joined({kNops2, kTs, kNops2, sack(1), {253, 4, 5, 10}}),
                 {4, 16, 1}},
        FindCase{"TimestampsTwiceTheLastCounts", joined({kNops2, kTs, kTs, kNops2}), {14, 0, 0}},
        FindCase{"BehindUnknown", joined({{253, 6, 8, 10, 5, 10}, kTs}), {8, 0, 0}},
        FindCase{"BehindEnd", joined({{0}, kTs, {1}}), {}},
        FindCase{"RubbishBehindEnd", {1, 0, 8, 0}, {}},
        FindCase{"TimestampsThenEnd", joined({kNops2, kTs, {0, 8, 1, 1}}), {4, 0, 0}},
        FindCase{"Syn", joined({kMss, {4, 2}, kTs, {1, 3, 3, 7}}), {8, 0, 0}}),
    test::CaseName{});

struct IllegalCase {
    const char* name;
    Bytes options;
    bool for_find = true;
    bool for_handshake = true;
};
void PrintTo(const IllegalCase& illegal, std::ostream* out) {
    *out << illegal.name;
}
class IllegalOptions : public testing::TestWithParam<IllegalCase> {};

// RFC 9293 section 3.1, MUST-7.
TEST_P(IllegalOptions, AreRefused) {
    EXPECT_EQ(find(GetParam().options).has_value(), !GetParam().for_find);
    EXPECT_EQ(read(GetParam().options).has_value(), !GetParam().for_handshake);
}

INSTANTIATE_TEST_SUITE_P(
    , IllegalOptions,
    testing::Values(
        IllegalCase{"LengthZero", {253, 0, 1, 1}}, IllegalCase{"LengthOne", {253, 1, 1, 1}},
        IllegalCase{"LengthMissing", {1, 1, 1, 253}},
        IllegalCase{"LengthBeyondText", {1, 253, 4, 0}},
        IllegalCase{"LengthFarBeyondText", {253, 255, 0, 0}},
        IllegalCase{"TimestampsShort", {8, 8, 0, 0, 0, 0, 0, 0}},
        IllegalCase{"TimestampsLong", {8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
        IllegalCase{"TimestampsCutOff", {1, 1, 8, 10, 1, 2, 3, 4}},
        IllegalCase{"TimestampsGoodThenLengthZero", joined({kNops2, kTs, {253, 0, 0, 0}})},
        IllegalCase{"SackEmpty", {5, 2, 1, 1}, true, false},
        IllegalCase{"SackOdd", {5, 9, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1}, true, false},
        IllegalCase{"SackFiveBlocks", sack(5), true, false},
        IllegalCase{"SackHalfBlock", {5, 6, 0, 0, 0, 0, 1, 1}, true, false},
        IllegalCase{"SackCutOff", joined({kNops2, kTs, kNops2, {5, 18, 0, 0, 0, 0, 0, 0, 0, 0}})},
        IllegalCase{"TimestampsSackOdd", joined({kNops2, kTs, kNops2, {5, 6, 0, 0, 0, 0}}), true,
                    false},
        IllegalCase{"MssShort", {2, 3, 5, 1}, false}, IllegalCase{"MssBare", {2, 2, 1, 1}, false},
        IllegalCase{"MssLong", {2, 5, 5, 5, 5, 1, 1, 1}, false},
        IllegalCase{"WindowScaleShort", {3, 2, 1, 1}, false},
        IllegalCase{"WindowScaleLong", {3, 4, 1, 1}, false},
        IllegalCase{"SackPermittedLong", {4, 3, 1, 1}, false}),
    test::CaseName{});

struct HandshakeCase {
    const char* name;
    Bytes options;
    HandshakeOptions expected;
};
void PrintTo(const HandshakeCase& handshake, std::ostream* out) {
    *out << handshake.name;
}
class ReadHandshakeOptions : public testing::TestWithParam<HandshakeCase> {};

TEST_P(ReadHandshakeOptions, Values) {
    const auto options = read(GetParam().options);
    ASSERT_TRUE(options.has_value());
    EXPECT_EQ(*options, GetParam().expected);
}

const Timestamps kTsValue{0x01020304, 0x05060708};

INSTANTIATE_TEST_SUITE_P(
    , ReadHandshakeOptions,
    testing::Values(
        HandshakeCase{"None", {}, {}}, HandshakeCase{"Mss", kMss, {1460, {}, false, {}}},
        HandshakeCase{"MssZero", {2, 4, 0, 0}, {0, {}, false, {}}},
        HandshakeCase{
            "Linux", joined({kMss, {4, 2}, kTs, {1, 3, 3, 7}}), {1460, 7, true, kTsValue}},
        HandshakeCase{"Windows", joined({kMss, {1, 3, 3, 8, 1, 1, 4, 2}}), {1460, 8, true, {}}},
        HandshakeCase{"Macos",
                      joined({kMss, {1, 3, 3, 6, 1, 1}, kTs, {4, 2, 0, 0}}),
                      {1460, 6, true, kTsValue}},
        HandshakeCase{"WindowScaleZero", {3, 3, 0, 1}, {{}, 0, false, {}}},
        HandshakeCase{"WindowScale14", {3, 3, 14, 1}, {{}, 14, false, {}}},
        HandshakeCase{"WindowScale15Rfc7323Section2_3", {3, 3, 15, 1}, {{}, 14, false, {}}},
        HandshakeCase{"WindowScale255", {3, 3, 255, 1}, {{}, 14, false, {}}},
        HandshakeCase{"UnknownSkipped", joined({{34, 4, 2, 4}, kMss}), {1460, {}, false, {}}},
        HandshakeCase{"LastCounts", joined({{2, 4, 2, 0}, kMss}), {1460, {}, false, {}}},
        HandshakeCase{"BehindEnd", joined({{0}, kMss}), {}}),
    test::CaseName{});

// Every byte of a common text set to every value: no read behind the text, and the two readers
// agree on what they both look at.
TEST(TcpOptions, EveryMutationOfACommonText) {
    for (const Bytes& options :
         {joined({kMss, {4, 2}, kTs, {1, 3, 3, 7}}), joined({kNops2, kTs, kNops2, sack(3)})}) {
        for (std::size_t i = 0; i < options.size(); ++i) {
            for (unsigned value = 0; value < 256; ++value) {
                Bytes changed = options;
                changed[i] = static_cast<std::uint8_t>(value);
                const auto positions = find(changed);
                const auto values = read(changed);
                if (positions && positions->timestamps != 0) {
                    ASSERT_LE(positions->timestamps + 8U, changed.size());
                }
                if (positions && positions->sack != 0) {
                    ASSERT_GE(positions->sack_blocks, 1);
                    ASSERT_LE(positions->sack + positions->sack_blocks * 8U, changed.size());
                }
                if (positions && values) {
                    ASSERT_EQ(positions->timestamps != 0, values->timestamps.has_value());
                }
            }
        }
    }
}

// The usual layouts are read at one look, everything else option by option. NOPs in front lead away
// from the short way and change nothing else.
TEST(TcpOptions, UsualLayoutsReadAsAllOthersWhateverByteDiffers) {
    const Bytes linux_text = joined({kMss, {4, 2}, kTs, {1, 3, 3, 7}});
    const Bytes windows_text = joined({kMss, {1, 3, 3, 8, 1, 1, 4, 2}});
    ASSERT_EQ(read(linux_text), (HandshakeOptions{1460, 7, true, kTsValue}));
    ASSERT_EQ(read(windows_text), (HandshakeOptions{1460, 8, true, {}}));
    for (const Bytes& options : {linux_text, windows_text}) {
        for (std::size_t i = 0; i < options.size(); ++i) {
            for (unsigned value = 0; value < 256; ++value) {
                Bytes changed = options;
                changed[i] = static_cast<std::uint8_t>(value);
                ASSERT_EQ(read(changed), read(joined({kNops2, kNops2, changed})))
                    << "byte " << i << " is " << value;
            }
        }
    }
}

TEST(TcpOptions, RandomTexts) {
    std::mt19937 random{4};
    for (int i = 0; i < 300'000; ++i) {
        Bytes options(random() % 41);
        for (std::uint8_t& byte : options) {
            byte = static_cast<std::uint8_t>(random() % (random() % 8 == 0 ? 256 : 12));
        }
        const auto positions = find(options);
        static_cast<void>(read(options));
        if (positions && positions->sack != 0) {
            ASSERT_LE(positions->sack + positions->sack_blocks * 8U, options.size());
        }
    }
}

TEST(WriteHandshakeOptions, ReadsBackAsWrittenAndAligned) {
    for (unsigned mask = 0; mask < 16; ++mask) {
        HandshakeOptions options;
        options.sack_permitted = (mask & 1U) != 0;
        if ((mask & 2U) != 0) {
            options.mss = 8960;
        }
        if ((mask & 4U) != 0) {
            options.window_scale = 14;
        }
        if ((mask & 8U) != 0) {
            options.timestamps = kTsValue;
        }
        Bytes target(kMaximumOptionsLength, 0xee);
        const unsigned length = write_handshake_options(options, target);
        EXPECT_EQ(length % 4, 0U);
        EXPECT_LE(length, 20U);
        EXPECT_TRUE(std::all_of(target.begin() + length, target.end(),
                                [](auto byte) { return byte == 0xee; }));
        target.resize(length);
        const auto read_back = read(target);
        ASSERT_TRUE(read_back.has_value());
        EXPECT_EQ(*read_back, options);
        if (options.timestamps) {
            EXPECT_EQ(find(target)->timestamps % 4, 0);
        }
    }
}

TEST(WriteHandshakeOptions, LooksLikeACommonStack) {
    Bytes target(kMaximumOptionsLength);
    target.resize(write_handshake_options({1460, 7, true, kTsValue}, target));
    EXPECT_EQ(target, joined({kMss, {4, 2}, kTs, {1, 3, 3, 7}}));
    target.resize(kMaximumOptionsLength);
    target.resize(write_handshake_options({1460, 7, true, {}}, target));
    EXPECT_EQ(target, joined({kMss, {1, 1, 4, 2, 1, 3, 3, 7}}));
}

}  // namespace
}  // namespace synward::wire
