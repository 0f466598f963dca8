// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "wire/reason.h"
#include "worker/batch.h"
#include "worker/capture.h"
#include "worker/counters.h"
#include "worker/hand_over.h"
#include "worker/port.h"

namespace synward::worker {

/// Collects what leaves and gives it to the ports in bursts; a packet is counted under its reason
/// when the port has taken it, under kTransmitFull when it has not. One worker's thread.
class Transmitter {
  public:
    Transmitter(const std::vector<Port>& ports, std::uint16_t worker, HandOver& hand_over,
                Counters& counters, const CaptureSeat& capture_seat);

    /// The packet leaves through port `port_id` (DPDK's number). Takes it over.
    void send(rte_mbuf* packet, std::uint16_t port_id, wire::Reason reason) {
        Outgoing& outgoing = *outgoing_of_port_[port_id];
        if (packet->nb_segs > 1 && !outgoing.takes_chains) [[unlikely]] {
            return send_linearized(packet, outgoing, reason);
        }
        put(packet, outgoing, reason);
    }
    /// The same for a packet of one buffer.
    void send_single(rte_mbuf* packet, std::uint16_t port_id, wire::Reason reason) {
        put(packet, *outgoing_of_port_[port_id], reason);
    }
    /// Drops and counts; the buffer is free again after flush() at the latest.
    void drop(rte_mbuf* packet, wire::Reason reason) {
        counters_.count(reason);
        dropped_[dropped_count_] = packet;
        if (++dropped_count_ == kBatchSize) [[unlikely]] {
            free_dropped();
        }
    }
    void flush();

  private:
    struct Outgoing {
        const Port* port = nullptr;
        bool takes_chains = true;
        unsigned count = 0;
        std::array<rte_mbuf*, kBatchSize> packets;
        std::array<wire::Reason, kBatchSize> reasons;
    };
    void put(rte_mbuf* packet, Outgoing& outgoing, wire::Reason reason) {
        outgoing.packets[outgoing.count] = packet;
        outgoing.reasons[outgoing.count] = reason;
        if (++outgoing.count == kBatchSize) [[unlikely]] {
            flush(outgoing);
        }
    }
    void send_linearized(rte_mbuf* packet, Outgoing& outgoing, wire::Reason reason);
    void free_dropped();
    void count(std::span<const wire::Reason> reasons);
    void flush(Outgoing& outgoing);
    void flush_to_device(const Port& port, std::uint16_t queue, Outgoing& outgoing);
    void refuse(rte_mbuf* packet, wire::Reason reason, wire::Reason refusal);

    std::uint16_t worker_;
    HandOver& hand_over_;
    Counters& counters_;
    const CaptureSeat& capture_seat_;
    std::vector<Outgoing> outgoing_;  ///< by place in the ports; never more
    /// To be given back together, which costs less.
    std::array<rte_mbuf*, kBatchSize> dropped_;
    unsigned dropped_count_ = 0;
    std::array<Outgoing*, RTE_MAX_ETHPORTS> outgoing_of_port_{};
};

}  // namespace synward::worker
