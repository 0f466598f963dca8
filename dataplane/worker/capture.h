// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>

#include "defense/classifier.h"
#include "tcp/time.h"
#include "wire/address.h"
#include "wire/counter.h"
#include "wire/reason.h"
#include "wire/segment.h"
#include "worker/batch.h"
#include "worker/capture_ring.h"
#include "worker/port.h"

namespace synward::worker {

/// Which packets a capture takes: those that fit in every respect.
struct CaptureFilter {
    std::bitset<wire::kReasonCount> reasons;
    std::optional<defense::ServiceIndex> service;
    std::optional<wire::Prefix> address;  ///< of either end
    std::optional<std::uint16_t> port;    ///< of either end
    /// What leaves besides what comes. The box's own packets never came, and are taken anyway.
    bool departures = false;
};

/// Copies the packets that a filter lets through, with the reason of each, for another thread to
/// write down. It belongs to one worker from the moment that it is in the worker's seat
/// (CaptureSeat) until it is taken out of it; ring() and the counters may be read by one other
/// thread all the while. What has no place in the ring is counted and let go.
class Capture {
  public:
    /// `services`, as the policy has them, tell what belongs to which. The most of a packet that is
    /// kept is `snap` bytes. `ports` outlive this.
    Capture(const CaptureFilter& filter, const std::vector<defense::ServicePolicy>& services,
            const std::vector<Port>& ports, std::uint32_t slots, std::uint32_t snap);

    // On the worker's thread.

    /// The time of what comes from now on.
    void set_time(tcp::Time now) { now_ = now; }
    /// A batch that is decided and not yet rewritten.
    void take_arrivals(const Batch& batch);
    /// What is about to leave through `port`.
    void take_departures(const Port& port, std::span<rte_mbuf* const> packets,
                         const wire::Reason* reasons);

    // On the thread that writes.

    [[nodiscard]] CaptureRing& ring() { return ring_; }
    /// Packets that fitted and found no room.
    [[nodiscard]] std::uint64_t lost() const { return lost_.value(); }

  private:
    void take(const rte_mbuf& packet, std::uint16_t port, const wire::Segment& segment,
              wire::Reason reason, CapturedAs as);
    [[nodiscard]] bool fits(const wire::FourTuple& tuple,
                            std::optional<defense::ServiceIndex> service) const;

    CaptureFilter filter_;
    defense::Classifier classifier_;
    std::array<wire::Side, RTE_MAX_ETHPORTS> side_of_port_{};
    CaptureRing ring_;
    wire::Counter lost_;
    tcp::Time now_{};
};

/// Where a worker has the capture that is on, if one is. The worker's thread alone looks.
struct CaptureSeat {
    Capture* capture = nullptr;
};

}  // namespace synward::worker
