// SPDX-License-Identifier: BSD-3-Clause
#include "defense/service_state.h"

namespace synward::defense {

ServiceState::ServiceState(const ServicePolicy& policy, std::uint32_t credits,
                           std::uint16_t mss_ipv4, std::uint16_t mss_ipv6, bool cookies_are_shared)
    : challenge_{policy.challenge},
      method_{policy.method},
      sees_only_clients_{policy.sees == Sees::kClients},
      probes_{policy.probe},
      rules_{{{policy.server, mss_ipv4, cookies_are_shared},
              {policy.server, mss_ipv6, cookies_are_shared}}},
      offers_{OfferRecord{rules_[0]}, OfferRecord{rules_[1]}} {
    credits_left_.set(credits);
}

void ServiceState::begin_epoch(tcp::Epoch now) {
    has_issued_[now % 2] = false;
    for (OfferRecord& record : offers_) {
        record.begin_epoch(now);
    }
}

}  // namespace synward::defense
