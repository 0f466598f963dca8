// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <vector>

#include "wire/reason.h"
#include "worker/batch.h"
#include "worker/counters.h"
#include "worker/hand_over.h"
#include "worker/port.h"

namespace synward::worker {

/// Collects what leaves and gives it to the ports in bursts; a packet is counted under its reason
/// when the port has taken it, under kTransmitFull when it has not. One worker's thread.
class Transmitter {
  public:
    Transmitter(const std::vector<Port>& ports, std::uint16_t worker, HandOver& hand_over,
                Counters& counters);

    /// The packet leaves through port `port_id` (DPDK's number). Takes it over.
    void send(rte_mbuf* packet, std::uint16_t port_id, wire::Reason reason);
    /// Drops and counts.
    void drop(rte_mbuf* packet, wire::Reason reason);
    void flush();

  private:
    struct Outgoing {
        unsigned count = 0;
        std::array<rte_mbuf*, kBatchSize> packets;
        std::array<wire::Reason, kBatchSize> reasons;
    };
    void flush(const Port& port, Outgoing& outgoing);
    void flush_to_device(const Port& port, std::uint16_t queue, Outgoing& outgoing);
    void refuse(rte_mbuf* packet, wire::Reason reason, wire::Reason refusal);

    const std::vector<Port>& ports_;
    std::uint16_t worker_;
    HandOver& hand_over_;
    Counters& counters_;
    std::vector<Outgoing> outgoing_;  ///< by place in ports_
    std::array<std::uint8_t, RTE_MAX_ETHPORTS> place_of_port_{};
};

}  // namespace synward::worker
