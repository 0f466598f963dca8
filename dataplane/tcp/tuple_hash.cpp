// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/tuple_hash.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace synward::tcp {
namespace {

enum class Family : std::uint64_t { kIpv4 = 4, kIpv6 = 6 };

/// Both, because an IPv6 packet may carry an IPv4-mapped address on one side.
bool is_ipv4(const wire::FourTuple& tuple) {
    return tuple.outside_address.is_ipv4() && tuple.inside_address.is_ipv4();
}

Block ports_and_family(const wire::FourTuple& tuple, Family family) {
    return {0, tuple.outside_port | std::uint64_t{tuple.inside_port} << 16 |
                   static_cast<std::uint64_t>(family) << 32};
}

Block first_block(const wire::FourTuple& tuple, bool ipv4) {
    if (!ipv4) {
        return ports_and_family(tuple, Family::kIpv6);
    }
    std::uint32_t outside;
    std::uint32_t inside;
    std::memcpy(&outside, tuple.outside_address.ipv4(), sizeof outside);
    std::memcpy(&inside, tuple.inside_address.ipv4(), sizeof inside);
    Block block = ports_and_family(tuple, Family::kIpv4);
    block.low = outside | std::uint64_t{inside} << 32;
    return block;
}

#if defined(__AVX2__)

/// Stores first_block(), in one register all the way; whether it is the tuple's only one. Halves
/// that are stored apart could not be read as a block before all that comes ahead of them is done.
bool store_first_block(const wire::FourTuple& tuple, Block& result) {
    const auto load = [](const wire::Address& address) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(address.bytes.data()));
    };
    const __m128i outside = load(tuple.outside_address);
    const __m128i inside = load(tuple.inside_address);
    // ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), on both sides.
    const __m128i prefix = _mm_setr_epi32(0, 0, -0x10000, 0);
    const __m128i prefix_mask = _mm_setr_epi32(-1, -1, -1, 0);
    const __m128i difference =
        _mm_or_si128(_mm_xor_si128(outside, prefix), _mm_xor_si128(inside, prefix));
    const bool ipv4 = _mm_testz_si128(difference, prefix_mask) != 0;
    const __m128i last_words = _mm_srli_si128(_mm_unpackhi_epi32(outside, inside), 8);
    const __m128i addresses = _mm_and_si128(last_words, _mm_set1_epi32(ipv4 ? -1 : 0));
    const Block rest = ports_and_family(tuple, ipv4 ? Family::kIpv4 : Family::kIpv6);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(&result),
        _mm_unpacklo_epi64(addresses, _mm_cvtsi64_si128(static_cast<long long>(rest.high))));
    return ipv4;
}

#else

bool store_first_block(const wire::FourTuple& tuple, Block& result) {
    const bool ipv4 = is_ipv4(tuple);
    result = first_block(tuple, ipv4);
    return ipv4;
}

#endif

Block block_of(const wire::Address& address) {
    Block block;
    std::memcpy(&block, address.bytes.data(), sizeof block);
    return block;
}

/// As many IPv6 tuples as are carried through the cipher side by side; the worker's batch.
constexpr std::size_t kChunk = 64;

void hash_chunk(const Aes128& cipher, std::span<const wire::FourTuple* const> tuples,
                Block* results) {
    std::array<std::size_t, kChunk> ipv6;
    std::size_t ipv6_count = 0;
    for (std::size_t i = 0; i < tuples.size(); ++i) {
        const bool ipv4 = store_first_block(*tuples[i], results[i]);
        ipv6[ipv6_count] = i;
        ipv6_count += ipv4 ? 0 : 1;
    }
    cipher.encrypt({results, tuples.size()});
    if (ipv6_count == 0) {
        return;
    }
    std::array<Block, kChunk> chain;
    for (std::size_t i = 0; i < ipv6_count; ++i) {
        chain[i] = results[ipv6[i]] ^ block_of(tuples[ipv6[i]]->outside_address);
    }
    cipher.encrypt({chain.data(), ipv6_count});
    for (std::size_t i = 0; i < ipv6_count; ++i) {
        chain[i] = chain[i] ^ block_of(tuples[ipv6[i]]->inside_address);
    }
    cipher.encrypt({chain.data(), ipv6_count});
    for (std::size_t i = 0; i < ipv6_count; ++i) {
        results[ipv6[i]] = chain[i];
    }
}

}  // namespace

Block TupleHasher::operator()(const wire::FourTuple& tuple) const {
    const bool ipv4 = is_ipv4(tuple);
    Block block = cipher_.encrypt(first_block(tuple, ipv4));
    if (!ipv4) {
        block = cipher_.encrypt(block ^ block_of(tuple.outside_address));
        block = cipher_.encrypt(block ^ block_of(tuple.inside_address));
    }
    return block;
}

void TupleHasher::operator()(std::span<const wire::FourTuple* const> tuples,
                             std::span<Block> results) const {
    assert(results.size() >= tuples.size());
    for (std::size_t done = 0; done < tuples.size(); done += kChunk) {
        const std::size_t count = std::min(kChunk, tuples.size() - done);
        hash_chunk(cipher_, tuples.subspan(done, count), results.data() + done);
    }
}

}  // namespace synward::tcp
