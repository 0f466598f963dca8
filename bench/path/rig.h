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

/// For each worker a link of two ring devices with one queue, the frames that arrive at them and
/// those that leave. What is measured is what happens between the rings: nothing copies a packet or
/// waits for hardware.
///
/// The rig spreads the packets over the links as receive-side scaling does over queues: both
/// directions of a connection to one. They are not queues of one device, as DPDK's ring driver has
/// the counters of all queues in one cache line, for which its users would wait in turns.
class Rig {
  public:
    /// Packets of one round at most, both sides together.
    static constexpr unsigned kRound = 4096;

    explicit Rig(unsigned workers);
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
        waiting_[static_cast<std::size_t>(side)][worker_of(number)].push_back(packet);
    }
    /// All that was injected since for a worker arrives at once: what passes while packets are made
    /// is not the time in which they come. On the core that will receive it. The first core, which
    /// makes the packets, has them in its caches; the others have then as well, so that no core
    /// has to wait for another's.
    void arrive(unsigned worker);
    /// Takes out what the worker has sent, for drain(). On the core that has sent it, or it would
    /// wait for the ring's memory next time; drain() makes up for it where nobody has.
    void leave(unsigned worker);
    /// What has left by `side`, each frame once, each link in order; then the buffers are free
    /// again.
    template <typename Read>
    unsigned drain(wire::Side side, Read&& read) {
        unsigned total = 0;
        for (unsigned worker = 0; worker < workers(); ++worker) {
            leave(worker);
            std::vector<rte_mbuf*>& packets = left_[static_cast<std::size_t>(side)][worker];
            for (rte_mbuf* const packet : packets) {
                read(std::span{rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len});
            }
            const auto count = static_cast<unsigned>(packets.size());
            rte_pktmbuf_free_bulk(packets.data(), count);
            packets.clear();
            total += count;
        }
        return total;
    }
    unsigned drain(wire::Side side) {
        return drain(side, [](std::span<const std::uint8_t>) {});
    }

    /// By worker: number n receives from link n alone (worker::queue_of()).
    [[nodiscard]] const std::vector<worker::LinkPorts>& links() const { return links_; }
    [[nodiscard]] unsigned workers() const { return static_cast<unsigned>(links_.size()); }

  private:
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
    /// Neighbours are of different parity for a reason of the traffic's own: pairs stay together.
    [[nodiscard]] unsigned worker_of(std::uint32_t number) const {
        return (number >> 1U) % workers();
    }

    std::unique_ptr<rte_mempool, FreePool> pool_;
    std::array<std::vector<std::vector<rte_mbuf*>>, 2> waiting_;  ///< by side and worker
    std::array<std::vector<std::vector<rte_mbuf*>>, 2> left_;     ///< the same
    std::array<std::vector<Ring>, 2> arriving_;
    std::array<std::vector<Ring>, 2> leaving_;
    std::vector<std::string> names_;
    std::vector<worker::LinkPorts> links_;
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
