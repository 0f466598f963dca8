// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "flood/random.h"
#include "wire/address.h"
#include "wire/endian.h"

namespace synward::flood {

/// The spoofed source addresses of one family.
class SourcePool {
  public:
    /// An address as the last 128 bits of the wire's: an IPv4 address is the low half's low half.
    struct Source {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };

    /// `prefixes`: all of one family, at least one. `sources` distinct addresses are shared out
    /// among them, 0 for all that they have (of an IPv6 prefix, 2^64 spread over it).
    SourcePool(const std::vector<wire::Prefix>& prefixes, std::uint32_t sources);

    Source pick(Random& random) const {
        const std::uint64_t choice = random.next();
        const Block& block = blocks_[below(low_half(choice), blocks_.size())];
        const std::uint64_t draw = random.next();
        const std::uint64_t index = block.limit == 0 ? draw : below(low_half(draw), block.limit);
        // Multiplying by an odd number permutes the residues of every power of two, so that
        // distinct indices give distinct addresses, scattered over the prefix.
        return {block.high | (mix(index) & block.high_mask),
                block.low | ((index * kGoldenRatio) & block.low_mask)};
    }

  private:
    struct Block {
        std::uint64_t high;
        std::uint64_t low;
        std::uint64_t high_mask;  ///< the bits that are the host's to choose
        std::uint64_t low_mask;
        std::uint64_t limit;  ///< distinct addresses, 0 for no limit but the mask
    };
    std::vector<Block> blocks_;
};

}  // namespace synward::flood
