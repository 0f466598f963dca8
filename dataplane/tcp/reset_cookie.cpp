// SPDX-License-Identifier: BSD-3-Clause
//
// The cookies of the challenge by reset: see CookieKeys::issue_reset().
#include "tcp/cookie.h"

namespace synward::tcp {
namespace {

// As for the other cookies (cookie.cpp), one AES run over the tuple's hash, with the cookie's form
// in the top of its high half. The client's ISN is no part of it: the RST does not tell it.
constexpr std::uint64_t kForReset = std::uint64_t{4} << 56;

/// The epoch's lowest bit is the number's lowest, so that a RST costs one AES run and not two. It
/// is no secret: a blind RST has 31 bits to guess whichever it claims.
constexpr std::uint32_t kEpochBit = 1;

// The most that a SYN_SENT endpoint has sent: SYN and data (RFC 7413), of which its SYN alone, sent
// again, may carry less than it has counted.
constexpr std::int32_t kMostSent = 1 + 0xffff;

Block mac(const Aes128& key, const Block& tuple) {
    return key.encrypt(tuple ^ Block{0, kForReset});
}

std::uint32_t number_of(const Block& mac, Epoch epoch) {
    return (static_cast<std::uint32_t>(mac.low) & ~kEpochBit) | (epoch & kEpochBit);
}

/// RFC 9293 section 3.10.7.3: an ACK at or before ISS or behind SND.NXT is answered with a RST.
bool is_refused_in_syn_sent(wire::SequenceNumber client_isn, wire::SequenceNumber acknowledgment) {
    const std::int32_t beyond = distance(client_isn, acknowledgment);
    return beyond <= 0 || beyond > kMostSent;
}

}  // namespace

ResetCookie CookieKeys::issue_reset(const Block& tuple, wire::SequenceNumber client_isn) const {
    for (const Epoch epoch : {epoch_, epoch_ - 1}) {
        const Block block = mac(key_of(epoch), tuple);
        const wire::SequenceNumber number{number_of(block, epoch)};
        if (is_refused_in_syn_sent(client_isn, number)) {
            return {.sequence = wire::SequenceNumber{static_cast<std::uint32_t>(block.high)},
                    .acknowledgment = number,
                    .epoch = epoch};
        }
    }
    // Once in 2^32: refused by every client and admitted by no box. Its next epoch will do.
    return {.sequence = client_isn, .acknowledgment = client_isn, .epoch = epoch_};
}

Epoch CookieKeys::claimed_reset_epoch(wire::SequenceNumber number) const {
    return ((number.value() ^ epoch_) & kEpochBit) == 0 ? epoch_ : epoch_ - 1;
}

bool CookieKeys::redeems_reset(const Block& tuple, wire::SequenceNumber number) const {
    const Epoch epoch = claimed_reset_epoch(number);
    return number.value() == number_of(mac(key_of(epoch), tuple), epoch);
}

}  // namespace synward::tcp
