// SPDX-License-Identifier: BSD-3-Clause
#include "defense/service_state.h"

#include <utility>

namespace synward::defense {

ServiceState::ServiceState(const ServicePolicy& policy, std::uint32_t credits,
                           std::uint16_t mss_ipv4, std::uint16_t mss_ipv6, bool cookies_are_shared,
                           std::shared_ptr<ServiceFigures> figures)
    : challenge_{policy.challenge},
      method_{policy.method},
      sees_only_clients_{policy.sees == Sees::kClients},
      probes_{policy.probe},
      credits_{credits},
      rules_{{{policy.server, mss_ipv4, cookies_are_shared},
              {policy.server, mss_ipv6, cookies_are_shared}}},
      offers_{OfferRecord{rules_[0]}, OfferRecord{rules_[1]}},
      figures_{std::move(figures)} {
    if (!figures_) {
        figures_ = std::make_shared<ServiceFigures>();
        tell_credits();
    }
}

bool ServiceState::continue_from(const ServiceState& before) {
    credits_used_ = before.credits_used_;
    has_issued_ = before.has_issued_;
    late_cookies_ = before.late_cookies_;
    if (before.method_ == Method::kCookie && method_ != Method::kCookie) {
        late_cookies_ = before.has_issued_;
    }
    offers_ = before.offers_;
    return rules_ != before.rules_;
}

void ServiceState::begin_epoch(tcp::Epoch now) {
    has_issued_[now % 2] = false;
    late_cookies_[now % 2] = false;
    for (std::size_t family = 0; family < offers_.size(); ++family) {
        offers_[family].begin_epoch(now, rules_[family]);
    }
}

}  // namespace synward::defense
