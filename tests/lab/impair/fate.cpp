// SPDX-License-Identifier: BSD-3-Clause
#include "impair/fate.h"

#include <cmath>

#include "flood/random.h"

namespace synward::impair {
namespace {

/// Whether 64 random bits are among a `share` of all.
bool is_among(std::uint64_t random, double share) {
    return std::ldexp(static_cast<double>(random >> 11U), -53) < share;
}

}  // namespace

Fate fate_of(const Impairment& impairment, std::uint64_t seed, std::uint64_t number) {
    flood::Random random{flood::mix(seed) ^ number};
    // Drawn for each packet, wanted or not: a share that is changed changes no other's packets.
    const std::uint64_t loss = random.next();
    const std::uint64_t duplicate = random.next();
    const std::uint64_t reorder = random.next();
    const std::uint64_t corrupt = random.next();
    const std::uint64_t place = random.next();
    const auto jitter = static_cast<std::uint64_t>(impairment.jitter.count());
    Fate fate;
    fate.lost = is_among(loss, impairment.loss);
    fate.duplicated = !fate.lost && is_among(duplicate, impairment.duplicate);
    fate.held_back = !fate.lost && is_among(reorder, impairment.reorder);
    fate.corrupted = !fate.lost && is_among(corrupt, impairment.corrupt);
    fate.corrupt_place = flood::low_half(place);
    fate.jitter = Duration{jitter == 0 ? 0 : static_cast<std::int64_t>(random.next() % jitter)};
    return fate;
}

}  // namespace synward::impair
