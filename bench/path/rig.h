// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "defense/policy.h"
#include "wire/four_tuple.h"
#include "wire/reason.h"
#include "worker/engine.h"

namespace synward::bench {

/// DPDK's environment for benchmarks: lcores 0 to `cores` - 1 on the processor's cores from
/// `first_core` on, no devices, `megabytes` of memory in huge pages where enough are free, else in
/// pages of the usual size. Returns whether pages are huge. Ends the process with a line on
/// standard error where DPDK does not start.
bool start_eal(unsigned megabytes, unsigned cores, bool small_pages = false,
               unsigned first_core = 0);

/// One link of two ring devices, the frames that arrive at them and those that leave. What is
/// measured is what happens between the rings: nothing copies a packet or waits for hardware.
///
/// The devices have a queue for each worker, and the rig spreads the packets over them as
/// receive-side scaling does: both directions of a connection to one.
class Rig {
  public:
    /// Packets of one round at most, both sides together.
    static constexpr unsigned kRound = 4096;

    explicit Rig(unsigned queues);
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    /// A fresh packet of connection `number` that is to arrive at `side`; the caller writes its
    /// frame there. Its room is that of an ordinary buffer.
    template <typename Write>
    void inject(wire::Side side, std::uint32_t number, Write&& write) {
        rte_mbuf* const packet = fresh_packet();
        const std::uint32_t length =
            write(std::span{rte_pktmbuf_mtod(packet, std::uint8_t*), kRoom});
        packet->data_len = static_cast<std::uint16_t>(length);
        packet->pkt_len = length;
        waiting_[static_cast<std::size_t>(side)][queue_of(number)].push_back(packet);
    }
    /// All that was injected since for a queue arrives at once: what passes while packets are made
    /// is not the time in which they come. On the core that will receive it. The first core, which
    /// makes the packets, has them in its caches; the others have then as well, so that no core
    /// has to wait for another's.
    void arrive(unsigned queue);
    /// What has left by `side`, each frame once, each queue in order; then the buffers are free
    /// again.
    template <typename Read>
    unsigned drain(wire::Side side, Read&& read) {
        std::array<rte_mbuf*, kBurst> packets;
        unsigned total = 0;
        for (unsigned queue = 0; queue < queues_; ++queue) {
            for (unsigned count = 0; (count = take(side, queue, packets)) != 0; total += count) {
                for (rte_mbuf* const packet : std::span{packets}.first(count)) {
                    read(
                        std::span{rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len});
                }
                rte_pktmbuf_free_bulk(packets.data(), count);
            }
        }
        return total;
    }
    unsigned drain(wire::Side side) {
        return drain(side, [](std::span<const std::uint8_t>) {});
    }

    [[nodiscard]] worker::LinkPorts ports() const { return ports_; }
    [[nodiscard]] unsigned queues() const { return queues_; }

  private:
    static constexpr unsigned kBurst = 64;
    static constexpr std::size_t kRoom = 2048;
    struct FreeRing {
        void operator()(rte_ring* ring) const { rte_ring_free(ring); }
    };
    struct FreePool {
        void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
    };
    using Ring = std::unique_ptr<rte_ring, FreeRing>;
    std::uint16_t make_port(wire::Side side);
    rte_mbuf* fresh_packet();
    unsigned take(wire::Side side, unsigned queue, std::span<rte_mbuf*> packets);
    /// Neighbours are of different parity for a reason of the traffic's own: pairs stay together.
    [[nodiscard]] unsigned queue_of(std::uint32_t number) const { return (number >> 1U) % queues_; }

    std::unique_ptr<rte_mempool, FreePool> pool_;
    unsigned queues_;
    std::array<std::vector<std::vector<rte_mbuf*>>, 2> waiting_;  ///< by side and queue
    std::array<std::vector<Ring>, 2> arriving_;
    std::array<std::vector<Ring>, 2> leaving_;
    std::array<std::string, 2> names_;
    worker::LinkPorts ports_;
};

/// The processor's time stamp counter around what is measured.
class Stopwatch {
  public:
    Stopwatch();
    /// Cycles since it was made.
    [[nodiscard]] std::uint64_t cycles() const;
    static double hertz();

  private:
    std::uint64_t start_;
};

}  // namespace synward::bench
