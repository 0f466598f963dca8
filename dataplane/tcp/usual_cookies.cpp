// SPDX-License-Identifier: BSD-3-Clause
//
// Cookies for the SYNs of which floods consist, eight at once.
#include <array>
#include <cassert>
#include <cstddef>

#include "tcp/cookie.h"
#include "tcp/cookie_format.h"
#include "wire/lanes.h"
#include "wire/tcp_options.h"

namespace synward::tcp {
namespace {

using wire::Lanes;

static_assert(sizeof(wire::Blocks) == wire::kLanes * sizeof(Block));

/// The lowest 32 bits of each.
[[gnu::always_inline]] inline Lanes lowest_words(const Block* memory) {
    return wire::columns_of(wire::load_blocks(memory))[0];
}

/// timestamp_value_of() what SYNs with Linux's options offer, where the server takes all of it.
[[gnu::always_inline]] inline Lanes timestamp_values(const wire::UsualHeaders& syns, unsigned place,
                                                     Epoch epoch) {
    const Lanes head = wire::load_lanes(&syns.options_head[place]);
    const Lanes tail = wire::load_lanes(&syns.options_tail[place]);
    const Lanes mss = wire::smaller(wire::bytes_swapped(head) & 0xffffU, wire::all_lanes(kMssMask));
    const Lanes scale = wire::smaller(tail >> 24U, wire::all_lanes(wire::kMaximumWindowScale));
    return scale | mss << kMssShift | (kSackBit | epoch << kTimestampEpochShift);
}

/// What is added into each tuple's block before it is encrypted.
[[gnu::always_inline]] inline wire::Blocks inputs(Lanes client_isn, Lanes value,
                                                  Lanes has_options) {
    const Lanes form = wire::choose(
        has_options, wire::all_lanes(static_cast<std::uint32_t>(kWithTimestamps >> 32U)),
        wire::all_lanes(static_cast<std::uint32_t>(kWithoutTimestamps >> 32U)));
    return wire::blocks_of(client_isn, value & has_options, Lanes{}, form);
}

}  // namespace

void CookieKeys::issue(const wire::UsualHeaders& syns, const Block* tuples, unsigned first,
                       unsigned count, wire::SynAcks& answers) const {
    const std::uint32_t code = code_of_no_options();
    assert(count <= wire::UsualHeaders::kMost);
    // Not of blocks, which would be made zeros first.
    alignas(Lanes) std::array<std::byte, sizeof(Block) * wire::UsualHeaders::kMost> memory;
    auto* const blocks = reinterpret_cast<Block*>(memory.data());
    const auto has_options = [&](unsigned place) {
        return wire::mask_of(syns.linux_syns() >> place);
    };
    for (unsigned done = 0; done < count; done += wire::kLanes) {
        const unsigned place = first + done;
        const Lanes values = timestamp_values(syns, place, epoch_);
        wire::store_lanes(&answers.timestamp[place], values);
        const wire::Blocks added =
            inputs(wire::load_lanes(&syns.sequence[place]), values, has_options(place));
        const wire::Blocks hashes = wire::load_blocks(&tuples[place]);
        wire::store_blocks(&blocks[done], {hashes[0] ^ added[0], hashes[1] ^ added[1],
                                           hashes[2] ^ added[2], hashes[3] ^ added[3]});
    }
    key_of(epoch_).encrypt({blocks, count});
    for (unsigned done = 0; done < count; done += wire::kLanes) {
        const unsigned place = first + done;
        const Lanes mac = lowest_words(&blocks[done]);
        const Lanes base = wire::load_lanes(&syns.sequence[place]) + lowest_words(&tuples[place]) +
                           (epoch_ << kEpochShift);
        wire::store_lanes(&answers.sequence[place],
                          wire::choose(has_options(place), mac, base + ((mac + code) & kMacMask)));
    }
}

std::uint64_t CookieKeys::without_epoch(const wire::UsualHeaders& acks, const Block* tuples,
                                        std::uint64_t among) const {
    std::uint64_t found = 0;
    for (unsigned place = 0; place < wire::UsualHeaders::kMost && among >> place != 0;
         place += wire::kLanes) {
        // The cookie is the acknowledgment number less one, of an ISN that is the sequence number
        // less one.
        const Lanes claim =
            (wire::load_lanes(&acks.acknowledgment[place]) -
             wire::load_lanes(&acks.sequence[place]) - lowest_words(&tuples[place])) >>
            kEpochShift;
        const Lanes age = (epoch_ - claim) & kEpochMask;
        const Lanes is_honoured = wire::at_most(age, wire::all_lanes(1));
        found |= std::uint64_t{wire::bits_of(~is_honoured)} << place;
    }
    return found & among;
}

}  // namespace synward::tcp
