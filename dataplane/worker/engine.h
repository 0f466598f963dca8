// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mempool.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "defense/policy.h"
#include "worker/policy_exchange.h"
#include "worker/worker.h"

namespace synward::worker {

/// The two devices of a bump in the wire, by DPDK's numbers.
struct LinkPorts {
    std::uint16_t outside = 0;
    std::uint16_t inside = 0;
};

struct EngineSettings {
    std::vector<LinkPorts> links;
    std::uint16_t workers = 1;
    /// Packets are handed to the worker that owns their connection. Otherwise the devices bring
    /// both directions of a connection to the same queue (receive-side scaling).
    bool steers_by_software = true;
    Clock::Source clock = Clock::Source::kTsc;
    std::chrono::microseconds idle_sleep{0};
    std::uint32_t flow_capacity = 1U << 20;   ///< all workers together
    std::uint32_t packet_buffers = 16384;     ///< for each link
    std::uint32_t packet_buffer_size = 2048;  ///< bytes
    std::uint16_t mtu = 0;                    ///< 0: as the devices have it
    /// Behind cookies and hashes, where the policy has no master secret; absent: the kernel's
    /// random numbers. For replays, which are to come out the same each time.
    std::optional<tcp::Secret> secret;
};

/// Bytes of DPDK memory that an engine with these settings takes, in huge pages or without.
std::uint64_t required_memory(const EngineSettings& settings, bool huge_pages);

/// Ports, memory and workers of one run. Control thread; needs DPDK's environment to be up.
class Engine {
  public:
    /// Configures and starts the ports. Throws std::runtime_error with one line for the operator.
    Engine(const EngineSettings& settings, const defense::Policy& policy);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Starts each worker on the lcore of its number among DPDK's worker lcores.
    void start();
    /// Stops the workers, if they run, and waits for them; then carries on with what lies in the
    /// rings between them, and drops what is still held. The counters add up to the end.
    void stop();

    /// Has the workers go over to `policy`, each before its next batch; does not wait for them.
    /// What depends on the size of memory stays as it was at the start: `hold.connections` and
    /// `segments`, `remembered_syns`, `syn_ack_retransmissions`, the lengths of the sources'
    /// prefixes, and the master secret. Throws std::length_error, and nothing changes, where so
    /// many services were removed a moment ago that there is no room for new ones.
    void adopt(const defense::Policy& policy);
    /// Frees policies that no worker uses any more; returns how many are left besides the one in
    /// force. Now and then.
    std::size_t reclaim_policies() { return policies_.reclaim(); }
    /// Whether every worker has turned, or slept with nothing to do, since this last was true:
    /// what a watchdog asks for.
    bool workers_get_on() { return policies_.all_have_turned(); }
    /// The policy in force, with its services by their index.
    [[nodiscard]] const defense::PolicyGeneration& policy() const { return policies_.current(); }

    /// What worker number `worker` counts of the service at `index` of policy(). It counts on while
    /// the service is there, whatever becomes of its policy.
    [[nodiscard]] const defense::ServiceFigures& service_figures(
        std::size_t worker, defense::ServiceIndex index) const {
        return *service_figures_[worker][index];
    }

    /// One turn of every worker on the calling thread, instead of start(); returns the number of
    /// packets. For tests and benchmarks.
    unsigned turn();

    [[nodiscard]] Totals totals() const;
    [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
    [[nodiscard]] const std::vector<Port>& ports() const { return ports_; }

  private:
    struct FreePool {
        void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
    };
    struct FreeTable {
        void operator()(std::byte* memory) const;
    };
    void make_ports(const EngineSettings& settings);
    void make_workers(const EngineSettings& settings, const defense::Policy& policy);
    void empty_rings();

    PolicyExchange policies_;
    tcp::TupleHasher hasher_;
    HandOver hand_over_;
    std::vector<std::unique_ptr<rte_mempool, FreePool>> pools_;
    std::vector<Port> ports_;
    Shared shared_;
    std::vector<std::unique_ptr<std::byte, FreeTable>> table_memory_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<defense::ServiceFiguresList> service_figures_;         // by worker
    std::vector<std::pair<Worker*, const std::atomic<bool>*>> tasks_;  // one of each thread
    std::atomic<bool> stop_{false};
    bool running_ = false;
};

}  // namespace synward::worker
