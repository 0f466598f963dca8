// SPDX-License-Identifier: BSD-3-Clause
#include "defense/remembered_syns.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace synward::defense {
namespace {

// A number given out must not be given out again within a batch.
constexpr std::uint32_t kLeastRoom = 128;

}  // namespace

RememberedSyns::RememberedSyns(std::uint32_t syns, unsigned retransmissions)
    : retransmissions_{syns == 0 ? 0 : std::min(retransmissions, kMostRetransmissions)} {
    // Nearly everybody redeems the cookie before the first retransmission: the rings behind it get
    // but a few.
    std::uint32_t room = 0;
    for (unsigned number = 0; number < retransmissions_; ++number) {
        const std::uint32_t share = retransmissions_ == 1 ? syns
                                    : number == 0         ? syns / 2
                                                          : syns / 2 / (retransmissions_ - 1);
        rings_[number].first = room;
        rings_[number].capacity = std::max(share, kLeastRoom);
        room += rings_[number].capacity;
    }
    entries_.resize(room);
    index_.resize(std::bit_ceil(std::max(room, 1U)));
}

std::uint32_t RememberedSyns::add(const tcp::Block& hash, wire::SequenceNumber acknowledgment,
                                  tcp::Time now) {
    Ring& ring = rings_[0];
    if (ring.count == ring.capacity) {
        const Entry& oldest = entries_[ring.oldest()];
        has_overwritten_ |= oldest.hash != 0 && oldest.due > now;
    }
    const std::uint32_t place = ring.push();
    Entry& entry = entries_[place];
    entry.due = now + kFirstDelay;
    entry.hash = mark(hash);
    entry.acknowledgment = acknowledgment;
    entry.length = 0;
    std::uint32_t& indexed_place = indexed(entry.hash);
    if (indexed_place != place && entries_[indexed_place].hash == entry.hash) {
        entries_[indexed_place].hash = 0;  // the client's SYN once more: it counts from now
    }
    indexed_place = place;
    return place;
}

void RememberedSyns::begin_period(tcp::Time now) {
    constexpr tcp::Duration kPeriod = kFirstDelay / kPeriods;
    const bool is_fast = now < period_end_ + kPeriod && asked_ > rings_[0].capacity / kPeriods;
    is_saturated_ = is_fast && (is_saturated_ || has_overwritten_);
    has_overwritten_ = false;
    asked_ = 0;
    period_end_ = now + kPeriod;
}

void RememberedSyns::keep_frame(std::uint32_t number, const std::uint8_t* frame,
                                std::uint32_t length, std::uint16_t port_id) {
    Entry& entry = entries_[number];
    if (length <= kFrameRoom) {
        // Of a fixed length, which costs less than finding out how much.
        std::memcpy(entry.frame.data(), frame, kFrameRoom);
        entry.length = static_cast<std::uint8_t>(length);
        entry.port_id = port_id;
    }
}

const RememberedSyns::Entry* RememberedSyns::find(const tcp::Block& hash,
                                                  wire::SequenceNumber acknowledgment) const {
    if (entries_.empty()) {
        return nullptr;
    }
    const Entry& entry = entries_[index_[index_of(mark(hash))]];
    const bool is_found = entry.hash == mark(hash) && entry.acknowledgment == acknowledgment;
    return is_found ? &entry : nullptr;
}

std::optional<tcp::Time> RememberedSyns::forget(const tcp::Block& hash,
                                                wire::SequenceNumber acknowledgment) {
    if (!remembers(hash, acknowledgment)) {
        return std::nullopt;
    }
    const std::uint32_t place = indexed(mark(hash));
    entries_[place].hash = 0;
    const bool was_sent_once = place < rings_[0].capacity;
    return was_sent_once ? std::optional{entries_[place].due - kFirstDelay} : std::nullopt;
}

const RememberedSyns::Entry* RememberedSyns::take_due(tcp::Time now, unsigned& places) {
    for (unsigned number = 0; number < retransmissions_; ++number) {
        Ring& ring = rings_[number];
        while (ring.count != 0 && entries_[ring.oldest()].due <= now) {
            if (places == 0) {
                return nullptr;
            }
            --places;
            Entry& entry = entries_[ring.oldest()];
            ring.drop_oldest();
            if (entry.hash != 0 && entry.length != 0) {
                taken_ = entry;
                taken_from_ = number;
                entry.hash = 0;
                return &taken_;
            }
        }
    }
    return nullptr;
}

void RememberedSyns::wait_again(tcp::Time now) {
    if (taken_from_ + 1 >= retransmissions_) {
        return;
    }
    const std::uint32_t place = rings_[taken_from_ + 1].push();
    entries_[place] = taken_;
    entries_[place].due = now + kFirstDelay * (1 << (taken_from_ + 1U));
    std::uint32_t& indexed_place = indexed(taken_.hash);
    // A younger SYN has the better claim to be found.
    if (entries_[indexed_place].hash == 0 || indexed_place == place) {
        indexed_place = place;
    }
}

std::uint32_t RememberedSyns::size() const {
    std::uint32_t sum = 0;
    for (const Ring& ring : rings_) {
        sum += ring.count;
    }
    return sum;
}

}  // namespace synward::defense
