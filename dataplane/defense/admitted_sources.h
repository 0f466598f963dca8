// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "defense/allowances.h"
#include "defense/policy.h"
#include "tcp/tuple_hash.h"
#include "wire/four_tuple.h"

namespace synward::defense {

/// The sources that have answered a challenge by reset, and so are where they say they are. Only
/// such a source can enter; a flood with invented addresses leaves nothing here.
///
/// A source is an IPv4 address, or the first 64 bits of an IPv6 address: whoever has one address of
/// a /64 can have them all (RFC 4291 section 2.5.4, RFC 8981), so that 2^64 entries would be one
/// host's for the asking, while a real host that changes its address is challenged once.
///
/// An admitted source may open so many connections a second and no more, as its address can be
/// forged by others as well; beyond that it is challenged again. What it then proves is remembered
/// for the very four-tuple, so that a forger who spends the allowance does not lock it out. One
/// worker's thread.
class AdmittedSources {
  public:
    /// SYNs of one source that pass at once; then one each Allowances::kStep, 15 a second.
    static constexpr std::uint8_t kBurst = 64;
    /// SYNs of one challenged connection that pass: the retry, and the retries of the retry.
    static constexpr std::uint8_t kTries = 8;
    /// From the RST to the last of them; RFC 6298's retries come after 1, 3, 7 and 15 s.
    static constexpr tcp::Duration kTime = std::chrono::seconds{16};
    /// A source that was used so recently does not give way to another.
    static constexpr tcp::Duration kSpared = std::chrono::seconds{30};
    static constexpr std::uint32_t kHandshakes = 16'384;

    /// `hasher` outlives this. Where `in_use` is false it stays empty and small.
    AdmittedSources(const Admission& admission, const tcp::TupleHasher& hasher, bool in_use);

    /// For admissions from now on.
    void change_lifetime(tcp::Duration lifetime) { sources_.change_lifetime(lifetime); }

    /// The outside of `tuple` has answered a challenge. `hash` is the tuple's.
    void admit(const wire::FourTuple& tuple, const tcp::Block& hash, tcp::Time now);
    /// Whether a SYN, or another segment that begins a flow, may pass; spends what it costs.
    bool take(const wire::FourTuple& tuple, const tcp::Block& hash, tcp::Time now);
    /// Whether the outside address is admitted. Costs it nothing.
    [[nodiscard]] bool knows(const wire::Address& source, tcp::Time now) const;

    /// Sources admitted at present. Looks at the whole table.
    [[nodiscard]] std::size_t count(tcp::Time now) const { return sources_.count(now); }
    [[nodiscard]] std::size_t capacity() const { return sources_.capacity(); }

  private:
    [[nodiscard]] tcp::Block hash_of(std::uint64_t source) const;

    const tcp::TupleHasher* hasher_;
    Allowances sources_;
    Allowances handshakes_;
};

}  // namespace synward::defense
