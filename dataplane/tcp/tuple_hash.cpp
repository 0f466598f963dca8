// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/tuple_hash.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "wire/lanes.h"
#include "wire/places.h"

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

/// As many tuples as are carried through the cipher side by side; the worker's batch.
constexpr std::size_t kChunk = 64;
static_assert(kChunk == wire::UsualHeaders::kMost);

/// Tuples whose first blocks have been made.
class Chunk {
  public:
    Chunk(std::span<const wire::FourTuple* const> tuples, Block* results)
        : tuples_{tuples}, results_{results} {}

    void make_first_block(std::size_t place) {
        const bool ipv4 = store_first_block(*tuples_[place], results_[place]);
        ipv6_[ipv6_count_] = place;
        ipv6_count_ += ipv4 ? 0 : 1;
    }
    void finish(const Aes128& cipher) {
        cipher.encrypt({results_, tuples_.size()});
        if (ipv6_count_ != 0) {
            chain(cipher, &wire::FourTuple::outside_address);
            chain(cipher, &wire::FourTuple::inside_address);
        }
    }

  private:
    /// One step more of the chain, of the IPv6 tuples.
    void chain(const Aes128& cipher, wire::Address wire::FourTuple::*address) {
        std::array<Block, kChunk> blocks;
        for (std::size_t i = 0; i < ipv6_count_; ++i) {
            const std::size_t place = ipv6_[i];
            blocks[i] = results_[place] ^ block_of((*tuples_[place]).*address);
        }
        cipher.encrypt({blocks.data(), ipv6_count_});
        for (std::size_t i = 0; i < ipv6_count_; ++i) {
            results_[ipv6_[i]] = blocks[i];
        }
    }

    std::span<const wire::FourTuple* const> tuples_;
    Block* results_;
    std::array<std::size_t, kChunk> ipv6_;
    std::size_t ipv6_count_ = 0;
};

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
        Chunk chunk{tuples.subspan(done, std::min(kChunk, tuples.size() - done)),
                    results.data() + done};
        for (std::size_t place = 0; place < std::min(kChunk, tuples.size() - done); ++place) {
            chunk.make_first_block(place);
        }
        chunk.finish(cipher_);
    }
}

void TupleHasher::operator()(const wire::UsualHeaders& headers, unsigned first,
                             std::span<const wire::FourTuple* const> tuples,
                             std::span<Block> results) const {
    assert(tuples.size() <= kChunk && results.size() >= tuples.size() + wire::kLanes);
    for (unsigned place = 0; place < tuples.size(); place += wire::kLanes) {
        static_assert(sizeof(wire::Blocks) == wire::kLanes * sizeof(Block));
        const auto eight = [at = first + place](const auto& column) {
            return wire::load_lanes(&column[at]);
        };
        const wire::Blocks blocks =
            wire::blocks_of(eight(headers.outside), eight(headers.inside), eight(headers.ports),
                            wire::all_lanes(static_cast<std::uint32_t>(Family::kIpv4)));
        wire::store_blocks(&results[place], blocks);
    }
    Chunk chunk{tuples, results.data()};
    wire::for_each_place(~headers.usual() >> first & wire::first_places(tuples.size()),
                         [&](unsigned place) { chunk.make_first_block(place); });
    chunk.finish(cipher_);
}

}  // namespace synward::tcp
