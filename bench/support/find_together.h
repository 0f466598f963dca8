// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "flow/table.h"
#include "wire/places.h"

namespace synward::bench {

/// The steps of a lookup one right behind the other, for at most BatchLookup::kMost keys. found[i]
/// is the flow of those that it returns, by bits.
inline std::uint64_t find_together(flow::Table& table,
                                   std::span<const wire::FourTuple* const> tuples,
                                   std::span<const tcp::Block> hashes,
                                   std::span<flow::Flow*> found) {
    flow::BatchLookup lookup;
    table.begin(lookup, 0, hashes);
    table.match(lookup, 0, hashes.size());
    return table.finish(lookup, wire::first_places(hashes.size()), tuples, hashes, found);
}

}  // namespace synward::bench
