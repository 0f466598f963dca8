// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "wire/reason.h"

namespace synward::worker {

/// Single-producer single-consumer rings from each worker to each other, two kinds: packets that
/// another worker owns, and packets that leave through a queue that another worker serves.
class HandOver {
  public:
    /// Rings of `places` packets (a power of two) between `workers`. Throws std::runtime_error when
    /// there is no memory for them.
    HandOver(std::uint16_t workers, unsigned places);

    [[nodiscard]] std::uint16_t workers() const { return workers_; }

    /// Worker `from` gives a received packet to its owner `to`. False: the ring is full.
    bool give_to_decide(std::uint16_t from, std::uint16_t to, rte_mbuf* packet) {
        return rte_ring_sp_enqueue(ring(to_decide_, from, to), packet) == 0;
    }
    /// Worker `from` gives a packet to `to`, which sends it through `port_id` and counts it.
    bool give_to_send(std::uint16_t from, std::uint16_t to, rte_mbuf* packet, std::uint16_t port_id,
                      wire::Reason reason) {
        // The receive hash is of no use on the way out, so its place carries the message.
        packet->hash.usr = std::uint32_t{port_id} << 16U | static_cast<std::uint32_t>(reason);
        return rte_ring_sp_enqueue(ring(to_send_, from, to), packet) == 0;
    }
    static std::uint16_t port_to_send_on(const rte_mbuf& packet) {
        return static_cast<std::uint16_t>(packet.hash.usr >> 16U);
    }
    static wire::Reason reason_of(const rte_mbuf& packet) {
        return static_cast<wire::Reason>(packet.hash.usr & 0xffU);
    }

    /// Worker `to` takes what `from` has given it; returns how many.
    unsigned take_to_decide(std::uint16_t from, std::uint16_t to, rte_mbuf** packets,
                            unsigned most) {
        return rte_ring_sc_dequeue_burst(ring(to_decide_, from, to),
                                         reinterpret_cast<void**>(packets), most, nullptr);
    }
    unsigned take_to_send(std::uint16_t from, std::uint16_t to, rte_mbuf** packets, unsigned most) {
        return rte_ring_sc_dequeue_burst(ring(to_send_, from, to),
                                         reinterpret_cast<void**>(packets), most, nullptr);
    }

  private:
    struct FreeRing {
        void operator()(rte_ring* ring) const { rte_ring_free(ring); }
    };
    using Rings = std::vector<std::unique_ptr<rte_ring, FreeRing>>;

    [[nodiscard]] rte_ring* ring(const Rings& rings, std::uint16_t from, std::uint16_t to) const {
        return rings[std::size_t{from} * workers_ + to].get();
    }

    std::uint16_t workers_;
    Rings to_decide_;
    Rings to_send_;
};

}  // namespace synward::worker
