// SPDX-License-Identifier: BSD-3-Clause
#include "worker/policy_exchange.h"

#include <rte_malloc.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace synward::worker {

void PolicyExchange::Free::operator()(rte_rcu_qsbr* states) const {
    rte_free(states);
}

PolicyExchange::PolicyExchange(std::uint16_t workers, const defense::Policy& policy)
    : states_{static_cast<rte_rcu_qsbr*>(
          rte_zmalloc("policy exchange", rte_rcu_qsbr_get_memsize(workers), RTE_CACHE_LINE_SIZE))},
      current_{std::make_unique<Issue>(Issue{defense::PolicyGeneration{policy}, {}})},
      latest_{current_.get()} {
    if (!states_ || rte_rcu_qsbr_init(states_.get(), workers) != 0) {
        throw std::runtime_error{"no memory for the exchange of policies"};
    }
    for (std::uint16_t worker = 0; worker < workers; ++worker) {
        rte_rcu_qsbr_thread_register(states_.get(), worker);
    }
}

void PolicyExchange::publish(std::unique_ptr<Issue> issue) {
    latest_.store(issue.get(), std::memory_order_release);
    std::swap(current_, issue);
    superseded_.push_back({std::move(issue), rte_rcu_qsbr_start(states_.get())});
    reclaim();
}

std::size_t PolicyExchange::reclaim() {
    const auto held = std::ranges::find_if(superseded_, [this](const Superseded& each) {
        return rte_rcu_qsbr_check(states_.get(), each.token, false) == 0;
    });
    superseded_.erase(superseded_.begin(), held);
    return superseded_.size();
}

bool PolicyExchange::all_have_turned() {
    if (rte_rcu_qsbr_check(states_.get(), turn_token_, false) == 0) {
        return false;
    }
    turn_token_ = rte_rcu_qsbr_start(states_.get());
    return true;
}

}  // namespace synward::worker
