// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "defense/port_news.h"
#include "wire/reason.h"
#include "worker/thread_sanitizer.h"

namespace synward::worker {

/// Single-producer single-consumer rings from each worker to each other, three kinds: packets that
/// another worker owns, packets that leave through a queue that another worker serves, and news of
/// ports.
class HandOver {
  public:
    /// News that may wait from one worker to another: more than a port scan makes in a turn.
    static constexpr unsigned kNewsPlaces = 1024;

    /// Rings of `places` packets (a power of two) between `workers`. Throws std::runtime_error when
    /// there is no memory for them.
    HandOver(std::uint16_t workers, unsigned places);

    [[nodiscard]] std::uint16_t workers() const { return workers_; }

    /// Worker `from` gives a received packet to its owner `to`. False: the ring is full.
    bool give_to_decide(std::uint16_t from, std::uint16_t to, rte_mbuf* packet) {
        return give(ring(to_decide_, from, to), packet);
    }
    /// Worker `from` gives a packet to `to`, which sends it through `port_id` and counts it.
    bool give_to_send(std::uint16_t from, std::uint16_t to, rte_mbuf* packet, std::uint16_t port_id,
                      wire::Reason reason) {
        // The receive hash is of no use on the way out, so its place carries the message.
        packet->hash.usr = std::uint32_t{port_id} << 16U | static_cast<std::uint32_t>(reason);
        return give(ring(to_send_, from, to), packet);
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
        return take(ring(to_decide_, from, to), packets, most);
    }
    unsigned take_to_send(std::uint16_t from, std::uint16_t to, rte_mbuf** packets, unsigned most) {
        return take(ring(to_send_, from, to), packets, most);
    }

    /// Worker `from` tells `to` what it has learned of a port. Lost where the ring is full: `to`
    /// will learn it by itself.
    void tell(std::uint16_t from, std::uint16_t to, const defense::PortNews& news) {
        defense::PortNews copy = news;  // the ring's function takes no constant
        rte_ring* const to_it = ring(port_news_, from, to);
        acquired(to_it);
        rte_ring_sp_enqueue_elem(to_it, &copy, sizeof copy);
        released(to_it);
    }
    /// Worker `to` takes the next that `from` has told it. False: there is none.
    bool take_news(std::uint16_t from, std::uint16_t to, defense::PortNews& news) {
        rte_ring* const from_it = ring(port_news_, from, to);
        acquired(from_it);
        const bool is_there = rte_ring_sc_dequeue_elem(from_it, &news, sizeof news) == 0;
        released(from_it);
        return is_there;
    }

  private:
    struct FreeRing {
        void operator()(rte_ring* ring) const { rte_ring_free(ring); }
    };
    using Rings = std::vector<std::unique_ptr<rte_ring, FreeRing>>;

    static bool give(rte_ring* to_it, rte_mbuf* packet) {
        released_packet(packet);
        return rte_ring_sp_enqueue(to_it, packet) == 0;
    }
    static unsigned take(rte_ring* from_it, rte_mbuf** packets, unsigned most) {
        const unsigned count =
            rte_ring_sc_dequeue_burst(from_it, reinterpret_cast<void**>(packets), most, nullptr);
        for (unsigned place = 0; place < count; ++place) {
            acquired_packet(packets[place]);
        }
        return count;
    }

    [[nodiscard]] rte_ring* ring(const Rings& rings, std::uint16_t from, std::uint16_t to) const {
        return rings[std::size_t{from} * workers_ + to].get();
    }

    std::uint16_t workers_;
    Rings to_decide_;
    Rings to_send_;
    Rings port_news_;
};

}  // namespace synward::worker
