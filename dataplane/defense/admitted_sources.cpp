// SPDX-License-Identifier: BSD-3-Clause
#include "defense/admitted_sources.h"

#include <cstring>

namespace synward::defense {
namespace {

/// The first 64 bits of an IPv6 address, or an IPv4 address behind 0000:ffff, where no IPv6 network
/// lies; zero for ::/64, whose addresses are nobody's.
std::uint64_t source_of(const wire::Address& address) {
    std::uint64_t source = 0;
    std::memcpy(&source, address.bytes.data() + (address.is_ipv4() ? 8 : 0), sizeof source);
    return source;
}

/// What stands for a four-tuple: two different ones are the same once in 2^64.
std::uint64_t handshake_of(const tcp::Block& hash) {
    return hash.high | 1U;
}

}  // namespace

AdmittedSources::AdmittedSources(const Admission& admission, const tcp::TupleHasher& hasher,
                                 bool in_use)
    : hasher_{&hasher},
      sources_{{.capacity = in_use ? admission.sources : 0,
                .lifetime = admission.lifetime,
                .burst = kBurst,
                .spared = kSpared}},
      handshakes_{{.capacity = in_use ? kHandshakes : 0,
                   .lifetime = kTime,
                   .burst = kTries,
                   .refills = false}} {}

tcp::Block AdmittedSources::hash_of(std::uint64_t source) const {
    wire::FourTuple tuple;  // one AES run: taken for an IPv4 pair, which no segment has
    std::memcpy(tuple.inside_address.bytes.data() + 12, &source, 4);
    std::memcpy(tuple.outside_address.bytes.data() + 12,
                reinterpret_cast<const std::uint8_t*>(&source) + 4, 4);
    for (wire::Address* const address : {&tuple.inside_address, &tuple.outside_address}) {
        address->bytes[10] = address->bytes[11] = 0xff;
    }
    return (*hasher_)(tuple);
}

void AdmittedSources::admit(const wire::FourTuple& tuple, const tcp::Block& hash, tcp::Time now) {
    handshakes_.admit(handshake_of(hash), hash, now);
    if (const std::uint64_t source = source_of(tuple.outside_address)) {
        sources_.admit(source, hash_of(source), now);
    }
}

bool AdmittedSources::take(const wire::FourTuple& tuple, const tcp::Block& hash, tcp::Time now) {
    // The handshake first: what was proven for it alone leaves the source's allowance whole.
    if (handshakes_.take(handshake_of(hash), hash, now)) {
        return true;
    }
    const std::uint64_t source = source_of(tuple.outside_address);
    return source != 0 && sources_.take(source, hash_of(source), now);
}

bool AdmittedSources::knows(const wire::Address& address, tcp::Time now) const {
    const std::uint64_t source = source_of(address);
    return source != 0 && sources_.knows(source, hash_of(source), now);
}

}  // namespace synward::defense
