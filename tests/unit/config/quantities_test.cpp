// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "config/values.h"

namespace synward::config {
namespace {

constexpr std::uint64_t kLargest = ~std::uint64_t{0};

using Parser = Parsed<std::uint64_t> (*)(std::string_view);

struct Good {
    Parser parse;
    const char* text;
    std::uint64_t value;
};

TEST(Quantities, Good) {
    const Good cases[] = {
        {parse_number, "0", 0},
        {parse_number, "1500", 1500},
        {parse_number, "18446744073709551615", kLargest},
        {parse_count, "0", 0},
        {parse_count, "16384", 16384},
        {parse_count, "64Ki", 65536},
        {parse_count, "16Mi", 16 << 20},
        {parse_size, "1KiB", 1024},
        {parse_size, "512MiB", 512 << 20},
        {parse_size, "3GiB", std::uint64_t{3} << 30},
        {parse_size, "1TiB", std::uint64_t{1} << 40},
        {parse_duration, "0us", 0},
        {parse_duration, "0s", 0},
        {parse_duration, "50us", 50},
        {parse_duration, "500ms", 500'000},
        {parse_duration, "10s", 10'000'000},
        {parse_duration, "4min", 240'000'000},
        {parse_duration, "2h", 7'200'000'000},
        {parse_duration, "2h4min", 7'440'000'000},
        {parse_duration, "7440s", 7'440'000'000},
        {parse_duration, "1h1min1s1ms1us", 3'661'001'001},
        {parse_duration, "90min30s", 5'430'000'000},
        {parse_rate, "0/s", 0},
        {parse_rate, "200/s", 200},
        {parse_rate, "10Ki/s", 10240},
        {parse_rate, "1Mi/s", 1 << 20},
    };
    for (const auto& [parse, text, value] : cases) {
        const auto parsed = parse(text);
        ASSERT_TRUE(std::holds_alternative<std::uint64_t>(parsed)) << text;
        EXPECT_EQ(std::get<std::uint64_t>(parsed), value) << text;
    }
}

struct Bad {
    Parser parse;
    const char* text;
    const char* found;
    const char* suggestion;  ///< "": none
};

TEST(Quantities, Bad) {
    const Bad cases[] = {
        {parse_number, "", "'' is not a plain decimal number", ""},
        {parse_number, " 1", "' 1' is not a plain decimal number", ""},
        {parse_number, "1 ", "'1 ' is not a plain decimal number", ""},
        {parse_number, "+1", "'+1' is not a plain decimal number", ""},
        {parse_number, "-", "'-' is not a plain decimal number", ""},
        {parse_number, "-1", "'-1' is negative", ""},
        {parse_number, "0x10", "'0x10' is not a plain decimal number", ""},
        {parse_number, "0o17", "'0o17' is not a plain decimal number", ""},
        {parse_number, "1e3", "'1e3' is not a plain decimal number", ""},
        {parse_number, "1.0", "'1.0' is not a plain decimal number", ""},
        {parse_number, "1_000", "'1_000' is not a plain decimal number", ""},
        {parse_number, "10Ki", "'10Ki' is not a plain decimal number", ""},
        {parse_number, "010", "'010' has a leading zero", "10"},
        {parse_number, "00", "'00' has a leading zero", "0"},
        {parse_number, "18446744073709551616", "'18446744073709551616' is too large", ""},
        {parse_count, "Ki", "'Ki' is not a count", ""},
        {parse_count, "1 Ki", "'1 Ki' is not a count", ""},
        {parse_count, "1Ki1", "'1Ki1' is not a count", ""},
        {parse_count, "-1Ki", "'-1Ki' is negative", ""},
        {parse_count, "01Ki", "'01Ki' has a leading zero", "1Ki"},
        {parse_count, "1k", "'1k' has the unknown unit 'k'", "1Ki"},
        {parse_count, "1M", "'1M' has the unknown unit 'M'", "1Mi"},
        {parse_count, "1Gi", "'1Gi' has the unknown unit 'Gi'", ""},
        {parse_count, "18446744073709551615Ki", "'18446744073709551615Ki' is too large", ""},
        {parse_size, "1024", "'1024' has no unit", ""},
        {parse_size, "1M", "'1M' has the unknown unit 'M'", "1MiB"},
        {parse_size, "1GB", "'1GB' has the unknown unit 'GB'", "1GiB"},
        {parse_size, "1GiB1MiB", "'1GiB1MiB' is not a size", ""},
        {parse_size, "1.5GiB", "'1.5GiB' is not a size", ""},
        {parse_rate, "200", "'200' has no unit", ""},
        {parse_rate, "/s", "'/s' is not a rate", ""},
        {parse_rate, "200 /s", "'200 /s' is not a rate", ""},
        {parse_rate, "200/min", "'200/min' has the unknown unit '/min'", ""},
        {parse_rate, "200/sec", "'200/sec' has the unknown unit '/sec'", "200/s"},
        {parse_rate, "10k/s", "'10k/s' has the unknown unit 'k/s'", "10Ki/s"},
        {parse_rate, "1/s1/s", "'1/s1/s' is not a rate", ""},
        {parse_duration, "", "'' is not a duration", ""},
        {parse_duration, "s", "'s' is not a duration", ""},
        {parse_duration, "10", "'10' has no unit", ""},
        {parse_duration, "2h4", "'2h4' has no unit", ""},
        {parse_duration, "5m", "'5m' has the unknown unit 'm'", "5min"},
        {parse_duration, "1h5m", "'1h5m' has the unknown unit 'm'", "1h5min"},
        {parse_duration, "10sec", "'10sec' has the unknown unit 'sec'", "10s"},
        {parse_duration, "10\u00b5s", "'10\u00b5s' has the unknown unit '\u00b5s'", "10us"},
        {parse_duration, "3d", "'3d' has the unknown unit 'd'", ""},
        {parse_duration, "10 s", "'10 s' is not a duration", ""},
        {parse_duration, "1.5s", "'1.5s' is not a duration", ""},
        {parse_duration, "-1s", "'-1s' is negative", ""},
        {parse_duration, "1h-1s", "'1h-1s' is not a duration", ""},
        {parse_duration, "4min2h", "'4min2h' is not a duration", ""},
        {parse_duration, "1s1s", "'1s1s' is not a duration", ""},
        {parse_duration, "010s", "'010s' has a leading zero", "10s"},
        {parse_duration, "2h04min", "'2h04min' has a leading zero", ""},
        {parse_duration, "5124095577h", "'5124095577h' is too large", ""},
        {parse_duration, "5124095576h59min", "'5124095576h59min' is too large", ""},
    };
    for (const auto& [parse, text, found, suggestion] : cases) {
        const auto parsed = parse(text);
        ASSERT_TRUE(std::holds_alternative<Problem>(parsed)) << text;
        EXPECT_EQ(std::get<Problem>(parsed).found, found);
        EXPECT_EQ(std::get<Problem>(parsed).suggestion.value_or(""), suggestion) << text;
    }
}

TEST(Quantities, Ranges) {
    constexpr Range kPorts{1, 65535};
    EXPECT_EQ(std::get<Range>(parse_number_range("80", kPorts)), (Range{80, 80}));
    EXPECT_EQ(std::get<Range>(parse_number_range("1-65535", kPorts)), (Range{1, 65535}));
    EXPECT_EQ(std::get<Range>(parse_number_range("80-80", kPorts)), (Range{80, 80}));
    struct {
        const char* text;
        const char* found;
    } const bad[] = {
        {"0", "'0' is out of range"},
        {"0-80", "'0-80' is out of range"},
        {"80-65536", "'80-65536' is out of range"},
        {"81-80", "'81-80' ends before it starts"},
        {"-80", "'-80' is negative"},
        {"80-", "'80-' is not a range of numbers"},
        {"80-90-100", "'80-90-100' is not a range of numbers"},
        {"80--90", "'80--90' is not a range of numbers"},
        {"080-090", "'080-090' is not a range of numbers"},
        {"80:90", "'80:90' is not a plain decimal number"},
        {"*", "'*' is not a plain decimal number"},
    };
    for (const auto& [text, found] : bad) {
        const auto parsed = parse_number_range(text, kPorts);
        ASSERT_TRUE(std::holds_alternative<Problem>(parsed)) << text;
        EXPECT_EQ(std::get<Problem>(parsed).found, found);
    }
}

TEST(Quantities, Texts) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(1000), "1000");
    EXPECT_EQ(count_text(1024), "1Ki");
    EXPECT_EQ(count_text(16 << 20), "16Mi");
    EXPECT_EQ(size_text(64 << 20), "64MiB");
    EXPECT_EQ(size_text(std::uint64_t{1} << 40), "1TiB");
    EXPECT_EQ(rate_text(0), "0/s");
    EXPECT_EQ(rate_text(10'000), "10000/s");
    EXPECT_EQ(rate_text(1 << 20), "1Mi/s");
    EXPECT_EQ(duration_text(0), "0us");
    EXPECT_EQ(duration_text(1500), "1500us");
    EXPECT_EQ(duration_text(10'000), "10ms");
    EXPECT_EQ(duration_text(90'000'000), "90s");
    EXPECT_EQ(duration_text(7'200'000'000), "2h");
}

}  // namespace
}  // namespace synward::config
