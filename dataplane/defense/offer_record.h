// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "defense/policy.h"
#include "tcp/cookie.h"
#include "tcp/time.h"
#include "wire/tcp_options.h"

namespace synward::defense {

/// The window scale that is promised of a server which nobody knows: that of Linux with its usual
/// buffer limits.
inline constexpr std::uint8_t kUsualWindowScale = 7;

/// What a server offers in its SYN-ACKs, as far as it is known.
struct ServerOffer {
    std::uint16_t mss = 0;
    std::uint8_t window_scale = kUsualWindowScale;  ///< or kNoWindowScale
    bool sack = true;
    bool timestamps = true;
    bool ecn = false;

    friend bool operator==(const ServerOffer&, const ServerOffer&) = default;
};

/// A server's SYN-ACK with what is known of the SYN that it answers.
struct ServerAnswer {
    wire::HandshakeOptions options;
    bool ecn = false;  ///< it accepts ECN
    /// The SYN's options; nullptr: not known, so that an option's absence says nothing.
    const wire::HandshakeOptions* asked = nullptr;
    bool asked_ecn = false;  ///< the SYN is known to have offered ECN
};

/// How what is heard becomes what is promised.
struct OfferRules {
    ServerOptions pinned;        ///< counts more than anything heard
    std::uint16_t most_mss = 0;  ///< what the links carry
    /// Other boxes redeem the cookies of this one and have heard other answers, or none. What a
    /// cookie itself carries may differ from box to box; the server's window scale, which is looked
    /// up at redemption, may not.
    bool scale_is_fixed = false;

    friend bool operator==(const OfferRules&, const OfferRules&) = default;

    [[nodiscard]] std::uint8_t fixed_scale() const {
        return pinned.window_scale.value_or(kUsualWindowScale);
    }
};

/// What one server, or the servers of one service, are found to offer, and what cookies promise of
/// it. A promise holds for a whole epoch, since what was promised must be known when the cookie is
/// redeemed: what is heard meanwhile counts from the next one on.
class OfferRecord {
  public:
    OfferRecord() = default;
    explicit OfferRecord(const OfferRules& rules);

    /// Before anything is promised in epoch `now`. Does nothing where `now` is known already.
    void begin_epoch(tcp::Epoch now);
    /// The same, with the rules that hold from this epoch on.
    void begin_epoch(tcp::Epoch now, const OfferRules& rules) {
        if (now != epoch_) [[unlikely]] {
            go_on_to_epoch(now, rules);
        }
    }
    /// What cookies of `epoch` (the one last begun or the one before) promise.
    [[nodiscard]] const ServerOffer& promised(tcp::Epoch epoch) const {
        return promised_[epoch % 2];
    }
    /// Whether a cookie that is still honoured in epoch `now` may rest on this record.
    [[nodiscard]] bool may_have_promised(tcp::Epoch now) const { return epoch_ + 1 >= now; }

    /// Learns from a server's SYN-ACK. Returns whether cookies should promise something else soon:
    /// the first answer is not what they promise. What changes later waits for the next epoch, so
    /// that servers which differ behind one address cannot hurry the keys.
    bool learn(const ServerAnswer& answer, const OfferRules& rules, tcp::Time now);
    /// What was heard last, as far as the policy does not pin it.
    [[nodiscard]] const ServerOffer& learned() const { return learned_; }
    /// When learn() was called last.
    [[nodiscard]] std::optional<tcp::Time> heard_at() const {
        return has_heard_ ? std::optional{heard_at_} : std::nullopt;
    }

    /// The same promises and knowledge, from which another record goes on: it has heard nothing.
    [[nodiscard]] OfferRecord successor() const {
        OfferRecord record = *this;
        record.has_heard_ = false;
        return record;
    }

  private:
    void go_on_to_epoch(tcp::Epoch now, const OfferRules& rules);

    ServerOffer learned_;
    std::array<ServerOffer, 2> promised_;  // by the epoch's lowest bit
    tcp::Epoch epoch_ = 0;
    bool has_heard_ = false;
    tcp::Time heard_at_;
};

}  // namespace synward::defense
