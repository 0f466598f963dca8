// SPDX-License-Identifier: BSD-3-Clause
#include "wire/cut_data.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;
using test::FrameBuilder;

// MSS, fast open with a cookie of eight bytes, SACK permitted; and the same with NOPs for it.
const Bytes kWithFastOpen{2, 4, 5, 180, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 4, 2};
const Bytes kBlanked{2, 4, 5, 180, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 2};
const Bytes kWithExperiment{254, 8, 0xf9, 0x89, 1, 2, 3, 4, 254, 6, 0xe2, 0xd4, 0xc3, 0xd9, 0, 0};
const Bytes kExperimentBlanked{1, 1, 1, 1, 1, 1, 1, 1, 254, 6, 0xe2, 0xd4, 0xc3, 0xd9, 0, 0};

struct Carrier {
    const char* name;
    FrameBuilder frame;
};
void PrintTo(const Carrier& carrier, std::ostream* out) {
    *out << carrier.name;
}
class CutData : public testing::TestWithParam<Carrier> {};

// The whole frame is what a client without data would have sent.
TEST_P(CutData, IsTheSynWithoutData) {
    for (const auto& [options, blanked] :
         {std::pair{kWithFastOpen, kBlanked}, {kWithExperiment, kExperimentBlanked}}) {
        for (const std::size_t length : {0U, 1U, 19U, 1000U}) {
            FrameBuilder syn = GetParam().frame;
            syn.flags(kSyn).options(options).payload(length);
            Bytes frame = syn.bytes();
            Segment segment = test::parse(frame).segment;
            const std::uint32_t new_length = cut_data(frame, segment);
            frame.resize(new_length);
            EXPECT_EQ(frame, syn.options(blanked).payload(0).bytes()) << length;
            EXPECT_EQ(segment.payload_length, 0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Carriers, CutData,
    testing::Values(
        Carrier{"Ipv4", {}}, Carrier{"Ipv6", FrameBuilder{}.ipv6("2001:db8::1", "2001:db8:1::2")},
        Carrier{"Ipv4OptionsAndTags", FrameBuilder{}.vlan(5).vlan(6).ip_options(Bytes(8, 1))},
        Carrier{
            "Ipv6ExtensionsAndTag",
            FrameBuilder{}.ipv6("2001:db8::1", "2001:db8:1::2").vlan(5).extension_of_units(60, 2)}),
    test::CaseName{});

}  // namespace
}  // namespace synward::wire
