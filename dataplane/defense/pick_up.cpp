// SPDX-License-Identifier: BSD-3-Clause
#include "defense/pick_up.h"

#include <algorithm>

namespace synward::defense {
namespace {

using wire::SequenceNumber;

// How far the ends' numbers may be apart: as much as may have been under way, and lost, when the
// earlier run ended. By timestamps, which a splice shifts as well, more is safe.
constexpr std::int32_t kMostApart = 1 << 22;
constexpr std::int32_t kMostApartWithoutTimestamps = 1 << 18;

// How much older what a client echoes may be than what its server last sent: 4.6 hours by a clock
// of milliseconds.
constexpr std::int32_t kOldestEcho = 1 << 24;

constexpr bool are_near(SequenceNumber a, SequenceNumber b, std::int32_t limit) {
    const std::int32_t apart = distance(a, b);
    return apart <= limit && apart >= -limit;
}

/// Whether the client may echo that; RFC 7323 section 3.2: all segments have timestamps or none.
bool echoes(const std::optional<std::uint32_t>& client,
            const std::optional<std::uint32_t>& server) {
    if (!client || !server) {
        return client.has_value() == server.has_value();
    }
    const auto age = static_cast<std::int32_t>(*server - *client);
    return age >= 0 && age <= kOldestEcho;
}

std::uint64_t key_of(const tcp::Block& hash) {
    return hash.high | 1U;
}

}  // namespace

PickUp::PickUp(tcp::Duration duration, std::uint32_t workers)
    : duration_{duration},
      interval_{tcp::Duration{std::chrono::seconds{1}} * workers / kQuestions},
      places_(duration > tcp::Duration{} ? kPlaces : 0) {}

void PickUp::begin_batch(tcp::Time now) {
    // A clock that packets drive stands at zero before the first of them.
    if (!ends_at_ && now != tcp::Time{}) {
        ends_at_ = now + duration_;
    }
    is_open_ = !places_.empty() && ends_at_ && now < *ends_at_;
}

void PickUp::begin_again(tcp::Time now) {
    ends_at_ = now + duration_;
}

bool PickUp::hear(const tcp::Block& hash, const Numbers& server, tcp::Time now) {
    Place& place = places_[hash.low % kPlaces];
    const bool is_known = place.key == key_of(hash);
    place.key = key_of(hash);
    place.server = server;
    place.heard_at = now;
    if (is_known && now - place.asked_at < kPause) {
        return false;
    }
    place.asked_at = now;
    return true;
}

std::optional<PickUp::Numbers> PickUp::agreed(const tcp::Block& hash, const Numbers& client,
                                              tcp::Time now) const {
    const Place& place = place_of(hash);
    const Numbers& server = place.server;
    const std::int32_t most_apart = server.timestamp ? kMostApart : kMostApartWithoutTimestamps;
    const bool agrees = place.key == key_of(hash) && now - place.heard_at <= kFresh &&
                        echoes(client.timestamp, server.timestamp) &&
                        are_near(client.acknowledgment, server.next, most_apart) &&
                        are_near(server.acknowledgment, client.first, kMostApart);
    return agrees ? std::optional{server} : std::nullopt;
}

bool PickUp::may_ask_server(tcp::Time now) {
    constexpr tcp::Duration kBurst = std::chrono::milliseconds{100};
    const tcp::Time earliest = std::max(next_question_, now - kBurst);
    if (earliest > now) {
        return false;
    }
    next_question_ = earliest + interval_;
    return true;
}

}  // namespace synward::defense
