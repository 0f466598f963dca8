// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "defense/figures.h"
#include "defense/offer_record.h"
#include "defense/policy.h"
#include "tcp/cookie.h"

namespace synward::defense {

/// What one worker knows of one service. Touched by that worker alone.
class ServiceState {
  public:
    /// `credits`: this worker's share of the budget. MSS values: what the links carry, by family.
    /// `cookies_are_shared`: other boxes redeem this one's cookies. `figures`: that go on; else
    /// they begin at zero.
    ServiceState(const ServicePolicy& policy, std::uint32_t credits, std::uint16_t mss_ipv4,
                 std::uint16_t mss_ipv6, bool cookies_are_shared = false,
                 std::shared_ptr<ServiceFigures> figures = nullptr);

    [[nodiscard]] ServiceFigures& figures() const { return *figures_; }
    [[nodiscard]] const std::shared_ptr<ServiceFigures>& shared_figures() const { return figures_; }

    /// Goes on as what `before` has become under another policy: credits in use stay in use, where
    /// they are more than the budget has now too, and what cookies have promised stays promised.
    /// Returns whether cookies should promise something else soon.
    bool continue_from(const ServiceState& before);
    /// A service that takes over addresses of `before` promises as that has: its cookies may come
    /// back to this one.
    void inherit_promises(const ServiceState& before) { offers_ = before.offers_; }

    [[nodiscard]] Challenge challenge() const { return challenge_; }
    [[nodiscard]] Method method() const { return method_; }
    /// Whether each SYN is answered with a cookie at this moment, whoever sends it.
    [[nodiscard]] bool answers_every_syn() const {
        return always_answers_every_syn() ||
               (method_ == Method::kCookie && challenge_ == Challenge::kOverBudget &&
                credits_used_ >= credits_);
    }
    /// Whether that holds for as long as this policy does.
    [[nodiscard]] bool always_answers_every_syn() const {
        return method_ == Method::kCookie && challenge_ == Challenge::kAlways;
    }
    /// What its servers send may go another way.
    [[nodiscard]] bool sees_only_clients() const { return sees_only_clients_; }
    /// Its servers may be asked what they offer.
    [[nodiscard]] bool probes() const { return probes_; }

    /// Takes a credit for a half-open connection, if one is left.
    bool take_credit() {
        if (credits_used_ >= credits_) {
            return false;
        }
        ++credits_used_;
        tell_credits();
        return true;
    }
    void give_credit_back() {
        --credits_used_;
        tell_credits();
    }
    /// A half-open connection that has a credit of another service comes over.
    void take_over_credit() {
        ++credits_used_;
        tell_credits();
    }
    void take_over_credits_of(ServiceState& other) {
        credits_used_ += other.credits_used_;
        other.credits_used_ = 0;
        other.tell_credits();
        tell_credits();
    }
    /// Has figures() say how many credits are left: after the change of a policy.
    void tell_credits() { figures_->credits_left.set(credits_left()); }
    [[nodiscard]] std::uint32_t credits_left() const {
        return credits_ - std::min(credits_used_, credits_);
    }

    /// Begins epoch `now`: its cookies promise what has been learned by now, and none is out yet.
    void begin_epoch(tcp::Epoch now);
    /// What the service's servers offer, by address family: for addresses of which nothing is
    /// known.
    [[nodiscard]] OfferRecord& offers(bool is_ipv4) { return offers_[is_ipv4 ? 0 : 1]; }
    [[nodiscard]] const OfferRecord& offers(bool is_ipv4) const { return offers_[is_ipv4 ? 0 : 1]; }
    [[nodiscard]] const OfferRules& rules(bool is_ipv4) const { return rules_[is_ipv4 ? 0 : 1]; }

    void cookie_issued(tcp::Epoch epoch) { has_issued_[epoch % 2] = true; }
    /// Cookies of the epochs (by their lowest bit) may be unredeemed, whoever has issued them.
    void cookies_may_be_outstanding(const std::array<bool, 2>& epochs) {
        has_issued_[0] |= epochs[0];
        has_issued_[1] |= epochs[1];
    }
    /// Whether a cookie is worth a look whatever the policy says by now: it may be from before.
    [[nodiscard]] bool has_any_cookie_outstanding() const {
        return has_issued_[0] || has_issued_[1];
    }
    /// Whether clients may redeem cookies: by the policy, or by the one before it.
    [[nodiscard]] bool redeems_cookies() const {
        return method_ == Method::kCookie || late_cookies_[0] || late_cookies_[1];
    }
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
    std::uint32_t credits_;
    std::uint32_t credits_used_ = 0;      // may be more than credits_ after a change of the policy
    std::array<bool, 2> has_issued_{};    // by the epoch's lowest bit
    std::array<bool, 2> late_cookies_{};  // the same: some of before the method was changed
    std::array<OfferRules, 2> rules_;     // by family
    std::array<OfferRecord, 2> offers_;
    std::shared_ptr<ServiceFigures> figures_;
};

}  // namespace synward::defense
