// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "defense/policy.h"
#include "support/frame_builder.h"
#include "wire/reason.h"
#include "worker/engine.h"

namespace synward::test {

struct BoxSettings {
    std::uint16_t links = 1;
    std::uint16_t workers = 1;
    std::uint16_t queues = 1;  ///< of every port, in both directions
    bool steers_by_software = true;
    /// kPacket: time stands still but for RingBox::advance().
    worker::Clock::Source clock = worker::Clock::Source::kPacket;
    std::uint32_t flow_capacity = 1024;
    unsigned receive_places = 8192;   ///< of the rings between test and port
    unsigned transmit_places = 8192;  ///< powers of two
    bool keeps_frames = true;         ///< else what leaves is only counted
};

/// One worker's queue of one port.
struct QueueId {
    std::uint16_t link = 0;
    std::uint16_t queue = 0;
};

/// A box whose devices are rings: the test puts frames in and takes what leaves. Turns are run on
/// the test's thread, or by engine().start() on threads of their own.
///
/// At its end it stops the engine and asserts that every packet is accounted for, by each worker
/// and in all, that the counters agree with what was put in and what came out, and that every
/// packet buffer is back in its pool.
class RingBox {
  public:
    explicit RingBox(const defense::Policy& policy, const BoxSettings& settings = {});
    ~RingBox();
    RingBox(const RingBox&) = delete;
    RingBox& operator=(const RingBox&) = delete;

    /// The frame arrives at `side`. Expects room in the ring.
    void inject(wire::Side side, const Bytes& frame, QueueId queue = {});
    /// The same, in buffers of these pieces.
    void inject_chain(wire::Side side, std::span<const Bytes> pieces, QueueId queue = {});
    /// False, and nothing happened: no buffer or no room in the ring.
    bool try_inject(wire::Side side, std::span<const std::uint8_t> frame, QueueId queue = {});

    /// Turns until nothing moves any more, then takes in what has left.
    void run();
    /// How run() makes a turn; as Engine::turn() does unless told otherwise.
    void turn_by(std::function<unsigned(worker::Engine&)> turn) { turn_ = std::move(turn); }
    /// Takes in what has left by now. Any time, on the test's thread.
    void collect();
    /// Lets time pass for every worker, on the packets' clock, and runs. Expects queues for all.
    void advance(std::chrono::microseconds duration);

    /// What has left by `side` since the last call, in order.
    std::vector<Bytes> take(wire::Side side, std::uint16_t link = 0);
    /// The only frame that has left by `side`; an empty one, and a failure, where that is not so.
    Bytes take_only(wire::Side side, std::uint16_t link = 0);

    /// Whether what leaves from now on is kept for take(); else it is only counted.
    void keep_frames(bool keep) { settings_.keeps_frames = keep; }

    [[nodiscard]] std::uint64_t count(wire::Reason reason) const;
    /// Packets counted under any reason of this disposition.
    [[nodiscard]] std::uint64_t sum(wire::Disposition disposition) const;
    [[nodiscard]] worker::Engine& engine() { return *engine_; }
    [[nodiscard]] std::uint64_t injected() const { return injected_; }
    [[nodiscard]] std::uint64_t collected() const { return collected_; }
    /// The accounting as it stands; while workers run on threads of their own it is not settled.
    void expect_every_packet_is_accounted_for() const;
    /// Stops the engine and makes the assertions of the end; the engine is gone afterwards.
    void finish();

  private:
    struct FreeRing {
        void operator()(rte_ring* ring) const { rte_ring_free(ring); }
    };
    using Ring = std::unique_ptr<rte_ring, FreeRing>;
    struct RingPort {
        std::string name;
        std::uint16_t id = 0;
        std::vector<Ring> receive;
        std::vector<Ring> transmit;
        std::vector<Bytes> left;
    };
    RingPort make_port();
    [[nodiscard]] RingPort& port(wire::Side side, std::uint16_t link) {
        return ports_[link * 2U + static_cast<unsigned>(side)];
    }
    rte_mbuf* packet_of(std::span<const std::uint8_t> frame);
    bool give(wire::Side side, QueueId queue, rte_mbuf* packet);
    void take_in(RingPort& port, rte_mbuf* packet);
    void remove_ports();

    defense::Policy policy_;
    BoxSettings settings_;
    std::vector<RingPort> ports_;
    std::unique_ptr<worker::Engine> engine_;
    std::function<unsigned(worker::Engine&)> turn_ = [](auto& engine) { return engine.turn(); };
    std::chrono::microseconds time_{std::chrono::seconds{1'700'000'000}};
    int stamp_offset_ = -1;
    std::uint64_t stamp_flag_ = 0;
    std::uint64_t injected_ = 0;
    std::uint64_t collected_ = 0;
};

}  // namespace synward::test
