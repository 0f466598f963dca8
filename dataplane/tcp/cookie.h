// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tcp/aes128.h"
#include "wire/sequence_number.h"
#include "wire/syn_acks.h"

namespace synward::tcp {

inline constexpr std::uint8_t kNoWindowScale = 15;
/// RFC 9293 section 3.7.1: what a SYN without the option stands for, in bytes.
inline constexpr std::uint16_t kDefaultMssIpv4 = 536;
inline constexpr std::uint16_t kDefaultMssIpv6 = 1220;

/// What a client's SYN offered and the server must be told of, once the client has proved itself.
struct ClientOptions {
    std::uint16_t mss = kDefaultMssIpv4;         ///< bytes
    std::uint8_t window_scale = kNoWindowScale;  ///< 0-14, or kNoWindowScale
    bool sack = false;
    bool ecn = false;  ///< ECN-setup SYN (RFC 3168 section 6.1.1)

    friend bool operator==(const ClientOptions&, const ClientOptions&) = default;
};

/// What the SYN-ACK of a challenge carries.
struct Cookie {
    wire::SequenceNumber sequence;      ///< the SYN-ACK's own sequence number
    std::uint32_t timestamp_value = 0;  ///< TSval, when the client offered timestamps

    friend bool operator==(const Cookie&, const Cookie&) = default;
};

/// Numbers the periods of one key each. Grows by one every key lifetime.
using Epoch = std::uint32_t;

/// What the SYN-ACK of a challenge by reset carries.
struct ResetCookie {
    wire::SequenceNumber sequence;        ///< unpredictable, and of no use to anybody
    wire::SequenceNumber acknowledgment;  ///< the cookie: the sequence number of the client's RST
    Epoch epoch;                          ///< whose key it is made with
};

/// Issues and redeems SYN cookies (RFC 4987 section 3.6). Stores nothing about any client.
///
/// Without timestamps the sequence number is
///     H1(tuple) + client ISN + (epoch << 24) + ((H2(tuple, client ISN, epoch) + options) mod 2^24)
/// with seven bits of options, so that it grows with time and, give or take 2^24, with the client's
/// ISN (RFC 6528), and a blind ACK is accepted with a chance of 2 epochs x 2^7 / 2^32 = 2^-24. With
/// timestamps the options travel, exact, in the TSval that the client echoes, and the sequence
/// number is a 32-bit MAC over tuple, client ISN, epoch and that TSval: a chance of 2^-32. It does
/// not grow then, but the TSval does, which keeps old segments apart (RFC 7323 section 5).
///
/// Not shared between threads while advance() may run; everything else is const.
class CookieKeys {
  public:
    /// Keys of the epochs are derived from `master`. Starts in epoch `now`.
    CookieKeys(const Secret& master, Epoch now);

    /// Makes `now` the current epoch: the key before it is honoured still, older ones are
    /// forgotten. Does nothing when `now` is the current epoch; an epoch in the past is ignored.
    void advance(Epoch now);
    [[nodiscard]] Epoch current() const { return epoch_; }

    /// What redeem() gives back for a cookie that issue() makes of `offered`. Build the SYN-ACK
    /// from this: an option that the cookie cannot carry must not be agreed to.
    ///
    /// With timestamps that is everything (an MSS above 16383 becomes 16383). Without, it is the
    /// nearest that seven bits can say, and never more than was offered: the MSS is rounded down to
    /// one of a few values; ECN is dropped where SACK is not offered or the MSS is small; the
    /// window scale is exact with SACK, and without it at most 8; an MSS below 536 (IPv4) or 1220
    /// (IPv6) loses SACK and window scale. Only an MSS below 48 is rounded up to that: less than
    /// Linux sends whatever is announced.
    [[nodiscard]] static ClientOptions carried(const ClientOptions& offered, bool is_ipv4,
                                               bool timestamps);

    /// `tuple` is the TupleHasher's value. `is_ipv4` chooses the table of MSS values that a cookie
    /// without timestamps can express.
    [[nodiscard]] Cookie issue(const Block& tuple, bool is_ipv4, wire::SequenceNumber client_isn,
                               const ClientOptions& options, bool timestamps) const;

    /// issue() for many usual SYNs at once: sets the sequence numbers, and the timestamps, of
    /// `answers` from place `first` on. All options of those that have Linux's are taken by the
    /// server; the others have none. `tuples` are of all places, and of those that the last eight
    /// read.
    void issue(const wire::UsualHeaders& syns, const Block* tuples, unsigned first, unsigned count,
               wire::SynAcks& answers) const;

    /// What the cookie stands for, or nothing where it is none of ours or too old.
    /// `cookie` is the ACK's acknowledgment number less one; `client_isn` its sequence number less
    /// one; `echoed` its TSecr, when the ACK carries timestamps.
    [[nodiscard]] std::optional<ClientOptions> redeem(const Block& tuple, bool is_ipv4,
                                                      wire::SequenceNumber client_isn,
                                                      wire::SequenceNumber cookie,
                                                      std::optional<std::uint32_t> echoed) const;

    /// The epoch in which a cookie of this form was issued, current or the one before, without any
    /// cipher run: so that ACKs of an epoch with no cookie outstanding cost nothing. Meaningless
    /// for forged cookies, nothing where no such epoch is honoured.
    [[nodiscard]] std::optional<Epoch> claimed_epoch(const Block& tuple,
                                                     wire::SequenceNumber client_isn,
                                                     wire::SequenceNumber cookie,
                                                     std::optional<std::uint32_t> echoed) const;

    /// Which of usual ACKs without options, `among` these places, for which claimed_epoch() says
    /// nothing. `tuples` are of all places, and of the last eight. It may leave out some.
    [[nodiscard]] std::uint64_t without_epoch(const wire::UsualHeaders& acks, const Block* tuples,
                                              std::uint64_t among) const;

    /// The answer to a SYN that makes the client's stack give itself away by a RST: its
    /// acknowledgment number is not the ISN plus one but a MAC of 31 bits over tuple and epoch, and
    /// a client in SYN_SENT answers <SEQ=SEG.ACK><CTL=RST> (RFC 9293 sections 3.5.1 and 3.10.7.3).
    /// The number is never one that such a client would take for an acknowledgment of what it has
    /// sent, whatever data its SYN may have had: where the current epoch's is (once in 2^16), the
    /// epoch before gives it.
    [[nodiscard]] ResetCookie issue_reset(const Block& tuple,
                                          wire::SequenceNumber client_isn) const;
    /// The epoch, the current or the one before, in which `number` would have been issued; no
    /// cipher is run.
    [[nodiscard]] Epoch claimed_reset_epoch(wire::SequenceNumber number) const;
    /// Whether a RST of this sequence number answers issue_reset(). A blind one has a chance of 2
    /// epochs x 1 / 2^32 = 2^-31.
    [[nodiscard]] bool redeems_reset(const Block& tuple, wire::SequenceNumber number) const;

  private:
    /// What a cookie without timestamps says of an IPv4 client whose SYN has no options.
    static std::uint32_t code_of_no_options();
    [[nodiscard]] const Aes128& key_of(Epoch epoch) const { return keys_[epoch % 2]; }

    Aes128 master_;
    Epoch epoch_;
    std::array<Aes128, 2> keys_;  ///< by the epoch's lowest bit
};

}  // namespace synward::tcp
