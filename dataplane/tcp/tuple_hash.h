// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "tcp/aes128.h"
#include "wire/four_tuple.h"
#include "wire/usual_headers.h"

namespace synward::tcp {

/// A pseudo-random function of four-tuples. The index of the flow table, the choice of the owning
/// worker and the first stage of the cookie all take their bits from one evaluation of it: the
/// worker from the top of `high`, the table's index from the rest of `high`, the cookie from `low`
/// and `high`.
///
/// IPv4 is one block of AES, IPv6 a CBC-MAC of three (ports, outside address, inside address). The
/// first block names the family, so no message is another's beginning, which is what a CBC-MAC of
/// two lengths needs to be a pseudo-random function.
class TupleHasher {
  public:
    explicit TupleHasher(const Secret& secret) : cipher_{secret} {}

    /// Any thread; the object is immutable.
    [[nodiscard]] Block operator()(const wire::FourTuple& tuple) const;

    /// The same for many tuples, of both families mixed, interleaved: `results[i]` is the value of
    /// `*tuples[i]`. `results` is at least as long as `tuples`.
    void operator()(std::span<const wire::FourTuple* const> tuples, std::span<Block> results) const;
    /// The same for the tuples of frames that `headers` has read, or tried to, of the numbers from
    /// `first`, a multiple of eight, on: without a look at those of usual() ones. `results` has
    /// room for eight more.
    void operator()(const wire::UsualHeaders& headers, unsigned first,
                    std::span<const wire::FourTuple* const> tuples, std::span<Block> results) const;

  private:
    Aes128 cipher_;
};

/// Which of `workers` owns the connection whose four-tuple has this hash, where workers hand
/// packets over by themselves.
constexpr std::uint16_t owner_of(const Block& hash, std::uint32_t workers) {
    return static_cast<std::uint16_t>(((hash.high >> 48U) * workers) >> 16U);
}

}  // namespace synward::tcp
