// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_rcu_qsbr.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "defense/policy_generation.h"
#include "defense/succession.h"

namespace synward::worker {

/// Brings policies from the control thread to the workers: read-copy-update by quiescent states
/// (DPDK's rte_rcu_qsbr). The control thread publishes by one pointer store; each worker loads the
/// pointer at the start of every turn, and says at its end that it holds nothing of before; what
/// no worker can hold any more is freed, on the control thread.
class PolicyExchange {
  public:
    /// A generation and what each worker needs to go over to it, by its index.
    struct Issue {
        defense::PolicyGeneration generation;
        std::vector<defense::Succession> successions;
    };

    /// For workers 0 to `workers` - 1. The first generation needs no successions.
    PolicyExchange(std::uint16_t workers, const defense::Policy& policy);

    // By the worker `worker`:

    /// What was published last. Valid until this worker's next call of another function.
    [[nodiscard]] Issue& latest() const { return *latest_.load(std::memory_order_acquire); }
    /// Begins to load: before the first latest(), and after is_offline().
    void is_online(std::uint16_t worker) { rte_rcu_qsbr_thread_online(states_.get(), worker); }
    /// Holds nothing, and asks for nothing before is_online(): nobody has to wait for it.
    void is_offline(std::uint16_t worker) { rte_rcu_qsbr_thread_offline(states_.get(), worker); }
    /// Holds nothing at this moment.
    void is_quiescent(std::uint16_t worker) { rte_rcu_qsbr_quiescent(states_.get(), worker); }

    // By the control thread:

    [[nodiscard]] const defense::PolicyGeneration& current() const { return current_->generation; }
    void publish(std::unique_ptr<Issue> issue);
    /// Frees what no worker holds any more. Returns how many generations some worker may still
    /// hold. Does not wait.
    std::size_t reclaim();
    /// Whether every worker has turned, or slept with nothing to do, since this last was true.
    bool all_have_turned();

  private:
    struct Superseded {
        std::unique_ptr<Issue> issue;
        std::uint64_t token;  ///< of the grace period after which nobody holds it
    };
    struct Free {
        void operator()(rte_rcu_qsbr* states) const;
    };
    std::unique_ptr<rte_rcu_qsbr, Free> states_;
    std::unique_ptr<Issue> current_;
    std::atomic<Issue*> latest_;
    std::vector<Superseded> superseded_;  // the oldest first
    std::uint64_t turn_token_ = 0;
};

}  // namespace synward::worker
