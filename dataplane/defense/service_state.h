// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "defense/figures.h"
#include "defense/offer_record.h"
#include "defense/policy.h"
#include "tcp/cookie.h"

namespace synward::defense {

/// What one worker knows of one service. Touched by that worker alone.
class ServiceState {
  public:
    /// `credits`: this worker's share of the budget. MSS values: what the links carry, by family.
    /// `cookies_are_shared`: other boxes redeem this one's cookies.
    ServiceState(const ServicePolicy& policy, std::uint32_t credits, std::uint16_t mss_ipv4,
                 std::uint16_t mss_ipv6, bool cookies_are_shared = false);

    ServiceFigures figures;

    [[nodiscard]] Challenge challenge() const { return challenge_; }
    [[nodiscard]] Method method() const { return method_; }
    /// What its servers send may go another way.
    [[nodiscard]] bool sees_only_clients() const { return sees_only_clients_; }
    /// Its servers may be asked what they offer.
    [[nodiscard]] bool probes() const { return probes_; }

    /// Takes a credit for a half-open connection, if one is left.
    bool take_credit() {
        if (credits_left_.value() == 0) {
            return false;
        }
        credits_left_.subtract(1);
        return true;
    }
    void give_credit_back() { credits_left_.add(1); }
    /// By any thread.
    [[nodiscard]] std::uint32_t credits_left() const {
        return static_cast<std::uint32_t>(credits_left_.value());
    }

    /// Begins epoch `now`: its cookies promise what has been learned by now, and none is out yet.
    void begin_epoch(tcp::Epoch now);
    /// What the service's servers offer, by address family: for addresses of which nothing is
    /// known.
    [[nodiscard]] OfferRecord& offers(bool is_ipv4) { return offers_[is_ipv4 ? 0 : 1]; }
    [[nodiscard]] const OfferRecord& offers(bool is_ipv4) const { return offers_[is_ipv4 ? 0 : 1]; }
    [[nodiscard]] const OfferRules& rules(bool is_ipv4) const { return rules_[is_ipv4 ? 0 : 1]; }

    void cookie_issued(tcp::Epoch epoch) { has_issued_[epoch % 2] = true; }
    /// Whether a cookie of `epoch` may be unredeemed. Redemptions are not counted: whoever replays
    /// his own would use up those of others.
    [[nodiscard]] bool has_cookie_outstanding(tcp::Epoch epoch) const {
        return has_issued_[epoch % 2];
    }

  private:
    Challenge challenge_;
    Method method_;
    bool sees_only_clients_;
    bool probes_;
    wire::Counter credits_left_;
    std::array<bool, 2> has_issued_{};  // by the epoch's lowest bit
    std::array<OfferRules, 2> rules_;   // by family
    std::array<OfferRecord, 2> offers_;
};

}  // namespace synward::defense
