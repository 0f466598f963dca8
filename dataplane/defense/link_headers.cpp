// SPDX-License-Identifier: BSD-3-Clause
#include "defense/link_headers.h"

#include <algorithm>

#include "defense/address_hash.h"

namespace synward::defense {

LinkHeader LinkHeader::of(std::span<const std::uint8_t> frame, unsigned ip_offset, wire::Side from,
                          std::uint16_t port) {
    LinkHeader header{.length = static_cast<std::uint8_t>(ip_offset), .from = from, .port = port};
    const auto bytes = frame.first(ip_offset);
    std::copy(bytes.begin(), bytes.end(), header.bytes.begin());
    return header;
}

std::size_t LinkHeaders::set_of(const wire::Address& inside) const {
    return address_hash(inside, 0, seed_) % sets_.size();
}

void LinkHeaders::remember(const wire::Address& inside, const LinkHeader& header) {
    Set& set = sets_[set_of(inside)];
    Place* chosen = nullptr;
    for (Place& place : set.places) {
        if (place.header.is_known() && place.address == inside) {
            place.header = header;
            return;
        }
        if (chosen == nullptr && !place.header.is_known()) {
            chosen = &place;
        }
    }
    if (chosen == nullptr) {
        chosen = &set.places[set.next_victim++ % kWays];
    }
    *chosen = {inside, header};
}

const LinkHeader* LinkHeaders::find(const wire::Address& inside) const {
    for (const Place& place : sets_[set_of(inside)].places) {
        if (place.header.is_known() && place.address == inside) {
            return &place.header;
        }
    }
    return nullptr;
}

}  // namespace synward::defense
