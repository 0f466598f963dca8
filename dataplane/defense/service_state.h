// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "defense/policy.h"
#include "tcp/cookie.h"
#include "wire/tcp_options.h"

namespace synward::defense {

/// What a server offers in its SYN-ACKs, as far as it is known.
struct ServerOffer {
    std::uint16_t mss = 0;
    std::uint8_t window_scale = 7;  ///< Linux with its usual buffer limits; or kNoWindowScale
    bool sack = true;
    bool timestamps = true;
    bool ecn = false;

    friend bool operator==(const ServerOffer&, const ServerOffer&) = default;
};

/// What one worker knows of one service. Touched by that worker alone.
class ServiceState {
  public:
    /// `credits`: this worker's share of the budget. MSS values: what the links carry, by family.
    ServiceState(const ServicePolicy& policy, std::uint32_t credits, std::uint16_t mss_ipv4,
                 std::uint16_t mss_ipv6);

    [[nodiscard]] Challenge challenge() const { return challenge_; }

    /// Takes a credit for a half-open connection, if one is left.
    bool take_credit() {
        if (credits_left_ == 0) {
            return false;
        }
        --credits_left_;
        return true;
    }
    void give_credit_back() { ++credits_left_; }
    [[nodiscard]] std::uint32_t credits_left() const { return credits_left_; }

    /// Begins epoch `now`: its cookies promise what has been learned by now, and none is out yet.
    void begin_epoch(tcp::Epoch now);
    /// What cookies of `epoch` (the current or the one before) promise of the server.
    [[nodiscard]] const ServerOffer& promised(tcp::Epoch epoch, bool is_ipv4) const {
        return promised_[epoch % 2][is_ipv4 ? 0 : 1];
    }

    void cookie_issued(tcp::Epoch epoch) { has_issued_[epoch % 2] = true; }
    /// Whether a cookie of `epoch` may be unredeemed. Redemptions are not counted: whoever replays
    /// his own would use up those of others.
    [[nodiscard]] bool has_cookie_outstanding(tcp::Epoch epoch) const {
        return has_issued_[epoch % 2];
    }

    /// Learns from a server's SYN-ACK. An option's absence counts only where `asked` (the SYN's
    /// options) offered it; without `asked`, what the SYN had is not known.
    /// Returns whether cookies should promise something else soon: the first answer of a family was
    /// not what they had promised so far. What changes later waits for the next epoch.
    bool learn(bool is_ipv4, const wire::HandshakeOptions& answer, bool ecn_accepted,
               const wire::HandshakeOptions* asked);

  private:
    Challenge challenge_;
    ServerOptions pinned_;
    std::uint32_t credits_left_;
    std::array<bool, 2> has_issued_{};                      // by the epoch's lowest bit
    std::array<ServerOffer, 2> learned_{};                  // by family
    std::array<bool, 2> has_learned_{};                     // by family
    std::array<std::array<ServerOffer, 2>, 2> promised_{};  // by epoch's lowest bit and family
};

}  // namespace synward::defense
