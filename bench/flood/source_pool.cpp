// SPDX-License-Identifier: BSD-3-Clause
#include "flood/source_pool.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace synward::flood {
namespace {

std::uint64_t low_bits(unsigned count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

std::uint64_t load(const std::uint8_t* eight_bytes) {
    wire::Big64 value;
    std::memcpy(&value, eight_bytes, sizeof value);
    return value.host();
}

}  // namespace

SourcePool::SourcePool(const std::vector<wire::Prefix>& prefixes, std::uint32_t sources) {
    if (prefixes.empty()) {
        throw std::invalid_argument("a source prefix is needed for each family of destinations");
    }
    const std::size_t count = prefixes.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t share = sources / count + (i < sources % count ? 1 : 0);
        if (sources != 0 && share == 0) {
            break;
        }
        const unsigned host_bits = 128U - prefixes[i].mapped_length();
        const std::uint64_t low_mask = low_bits(host_bits);
        blocks_.push_back({.high = load(prefixes[i].address.bytes.data()),
                           .low = load(prefixes[i].address.bytes.data() + 8),
                           .high_mask = host_bits > 64 ? low_bits(host_bits - 64) : 0,
                           .low_mask = low_mask,
                           .limit = host_bits < 32 ? std::min(share, low_mask + 1) : share});
    }
}

}  // namespace synward::flood
