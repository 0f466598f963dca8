// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/tuple_hash.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

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
        const bool ipv4 = is_ipv4(*tuples[i]);
        results[i] = first_block(*tuples[i], ipv4);
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
