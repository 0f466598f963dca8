// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "path/connections.h"
#include "path/crew.h"
#include "path/rig.h"
#include "support/traffic.h"
#include "worker/engine.h"

namespace synward::bench {

struct Sizes {
    std::uint32_t flows = 1U << 20U;  ///< connections resident, at most kMostFlows
    unsigned services = 1000;
    unsigned workers = 1;  ///< each on its own core
    /// Time stands still, and the secret is known: the same instructions in every run.
    bool repeatable = false;
};

/// A box between ring devices, with connections resident.
class Box {
  public:
    /// Connections that come and go in a round; each set belongs to one figure at a time.
    static constexpr unsigned kSpareSets = 3;
    static constexpr std::uint32_t kMostFlows =
        (1U << 24U) - kSpareSets * Rig::kRound - Rig::kRound;

    Box(const Sizes& sizes, defense::Challenge challenge);

    /// MiB of DPDK memory that such a box takes.
    static unsigned required_megabytes(const Sizes& sizes, bool huge_pages);

    /// Runs the box over what was injected, measured; cycles of the worker that takes longest.
    std::uint64_t run_measured();
    /// The same for packets that are merely forwarded, each touched if so wanted, by the same
    /// devices: the least that any box costs.
    std::uint64_t run_floor(bool touches);
    /// Unmeasured, on the calling thread.
    void run() { settle(rig_, engine_); }
    void drain();

    [[nodiscard]] std::uint64_t count(const std::vector<wire::Reason>& reasons) const;
    /// All that the box has counted, for whom a figure is not what it says.
    [[nodiscard]] std::string fates() const;

    [[nodiscard]] const Sizes& sizes() const { return sizes_; }
    /// A connection that is not among the resident ones.
    [[nodiscard]] std::uint32_t spare(unsigned set, unsigned place) const {
        return sizes_.flows + set * Rig::kRound + place;
    }
    Rig& rig() { return rig_; }
    Random& random() { return random_; }
    Connections& connections() { return connections_; }

  private:
    /// What was injected arrives, `work(member)` carries it, measured, and it leaves: all of it on
    /// the core of the member that carries it.
    std::uint64_t carry(const std::function<void(unsigned)>& work);

    Sizes sizes_;
    Rig rig_;
    defense::Policy policy_;  // the engine keeps a reference
    worker::Engine engine_;
    Connections connections_;
    Random random_;
    Crew crew_;
};

}  // namespace synward::bench
