// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/tuple_hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>
#include <vector>

#include "support/arrived.h"
#include "support/wire.h"

namespace synward::tcp {
namespace {

constexpr Secret kSecret{0x53, 0x59, 0x4e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

wire::FourTuple tuple_of(const char* outside, std::uint16_t outside_port, const char* inside,
                         std::uint16_t inside_port) {
    return {*wire::Address::parse(outside), *wire::Address::parse(inside), outside_port,
            inside_port};
}

const wire::FourTuple kIpv4 = tuple_of("198.18.1.2", 40000, "192.0.2.80", 443);
const wire::FourTuple kIpv6 = tuple_of("2001:2::1:2", 40000, "2001:db8::80", 443);

Block block_of(std::initializer_list<std::uint8_t> bytes) {
    Block block;
    std::memcpy(&block, bytes.begin(), 16);
    return block;
}

int differing_bits(const Block& a, const Block& b) {
    return std::popcount((a ^ b).low) + std::popcount((a ^ b).high);
}

// Several boxes that share a secret must agree on the value, so its making is pinned down here.
TEST(TupleHasher, IsOneBlockForIpv4) {
    const Block input =
        block_of({198, 18, 1, 2, 192, 0, 2, 80, 0x40, 0x9c, 0xbb, 0x01, 4, 0, 0, 0});
    EXPECT_EQ(TupleHasher{kSecret}(kIpv4), Aes128{kSecret}.encrypt(input));
}

TEST(TupleHasher, IsACbcMacOfThreeBlocksForIpv6) {
    const Aes128 cipher{kSecret};
    const Block first = block_of({0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x9c, 0xbb, 0x01, 6, 0, 0, 0});
    const Block outside = block_of({0x20, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2});
    const Block inside = block_of({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80});
    EXPECT_EQ(TupleHasher{kSecret}(kIpv6),
              cipher.encrypt(cipher.encrypt(cipher.encrypt(first) ^ outside) ^ inside));
}

TEST(TupleHasher, DependsOnTheSecretAndOnWhichSideIsWhich) {
    const TupleHasher hasher{kSecret};
    for (const wire::FourTuple& tuple : {kIpv4, kIpv6}) {
        const wire::FourTuple addresses_swapped{tuple.inside_address, tuple.outside_address,
                                                tuple.outside_port, tuple.inside_port};
        const wire::FourTuple ports_swapped{tuple.outside_address, tuple.inside_address,
                                            tuple.inside_port, tuple.outside_port};
        EXPECT_NE(hasher(tuple), hasher(addresses_swapped));
        EXPECT_NE(hasher(tuple), hasher(ports_swapped));
        EXPECT_NE(hasher(tuple), TupleHasher{Secret{}}(tuple));
    }
}

/// Every tuple that differs from `tuple` in one bit.
std::vector<wire::FourTuple> neighbours(const wire::FourTuple& tuple) {
    std::vector<wire::FourTuple> result;
    const bool ipv4 = tuple.outside_address.is_ipv4() && tuple.inside_address.is_ipv4();
    const std::size_t first_bit = ipv4 ? 96 : 0;
    for (std::size_t bit = first_bit; bit < 128; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
        result.push_back(tuple);
        result.back().outside_address.bytes[bit / 8] ^= mask;
        result.push_back(tuple);
        result.back().inside_address.bytes[bit / 8] ^= mask;
    }
    for (unsigned bit = 0; bit < 16; ++bit) {
        const auto mask = static_cast<std::uint16_t>(1U << bit);
        result.push_back(tuple);
        result.back().outside_port ^= mask;
        result.push_back(tuple);
        result.back().inside_port ^= mask;
    }
    return result;
}

TEST(TupleHasher, ChangesHalfItsBitsWithAnyBitOfTheTuple) {
    const TupleHasher hasher{kSecret};
    for (const wire::FourTuple& tuple : {kIpv4, kIpv6}) {
        for (const wire::FourTuple& neighbour : neighbours(tuple)) {
            // 64 expected, standard deviation 5.7: five of them either way.
            EXPECT_NEAR(differing_bits(hasher(tuple), hasher(neighbour)), 64, 28);
        }
    }
}

// An IPv6 packet may carry an IPv4-mapped address on one side alone.
TEST(TupleHasher, TakesAllOfATupleOfMixedFamilies) {
    const TupleHasher hasher{kSecret};
    wire::FourTuple outside_ipv6 = kIpv4;
    outside_ipv6.outside_address = kIpv6.outside_address;
    wire::FourTuple inside_ipv6 = kIpv4;
    inside_ipv6.inside_address = kIpv6.inside_address;
    for (const wire::FourTuple& mixed : {outside_ipv6, inside_ipv6}) {
        for (const wire::FourTuple& neighbour : neighbours(mixed)) {
            EXPECT_NE(hasher(mixed), hasher(neighbour));
        }
    }
}

TEST(TupleHasher, GivesTheSameForABatchOfAnySizeAndMixture) {
    const TupleHasher hasher{kSecret};
    std::mt19937 random{1};
    for (std::size_t count = 0; count <= 150; ++count) {
        SCOPED_TRACE(count);
        std::vector<wire::FourTuple> tuples(count);
        std::vector<const wire::FourTuple*> pointers;
        for (wire::FourTuple& tuple : tuples) {
            tuple = random() % 2 == 0 ? kIpv4 : kIpv6;
            tuple.outside_address.bytes[15] = static_cast<std::uint8_t>(random());
            tuple.outside_port = static_cast<std::uint16_t>(random());
            pointers.push_back(&tuple);
        }
        std::vector<Block> results(count + 1);
        hasher(pointers, results);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(results[i], hasher(tuples[i]));
        }
        EXPECT_EQ(results[count], Block{});
    }
}

TEST(TupleHasher, GivesTheSameForFramesThatCameTogether) {
    const TupleHasher hasher{kSecret};
    std::mt19937 random{1};
    for (unsigned count = 0; count <= wire::UsualHeaders::kMost; ++count) {
        SCOPED_TRACE(count);
        std::vector<test::Arrived::Sent> sent;
        for (unsigned place = 0; place < count; ++place) {
            test::FrameBuilder builder;
            random() % 3 != 0 ? builder.ipv4("192.0.2.1", "198.51.100.2")
                              : builder.ipv6("2001:db8::1", "2001:db8::2");
            builder.tcp(static_cast<unsigned>(random() % 65'536), 80);
            sent.emplace_back(builder.bytes(),
                              random() % 2 != 0 ? wire::Side::kOutside : wire::Side::kInside);
        }
        const test::Arrived arrived{sent};
        std::vector<wire::FourTuple> tuples;
        std::vector<const wire::FourTuple*> pointers;
        for (const auto& [frame, from] : sent) {
            tuples.push_back(test::parse(frame, from).segment.tuple);
        }
        for (const wire::FourTuple& tuple : tuples) {
            pointers.push_back(&tuple);
        }
        std::vector<Block> results(count + wire::kLanes);
        hasher(arrived.headers, 0, pointers, results);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(results[i], hasher(tuples[i]));
        }
    }
}

}  // namespace
}  // namespace synward::tcp
