// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mempool.h>
#include <rte_ring.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "defense/figures.h"
#include "flow/flow.h"
#include "wire/four_tuple.h"
#include "worker/capture.h"
#include "worker/engine.h"

namespace synward::control::explain {

/// What one packet met in the box, or what the box has sent.
struct Piece {
    worker::CapturedAs as = worker::CapturedAs::kArrival;
    wire::Side side = wire::Side::kOutside;  ///< on which it came or leaves
    wire::Reason reason = wire::Reason::kNotTcp;
    std::vector<std::uint8_t> frame;
};

/// A box with one worker between two rings in place of devices: the very code that runs on a
/// network, with a clock that is set by hand and a fixed secret. Needs DPDK's environment, and
/// neither huge pages nor rights.
class Replay {
  public:
    /// DPDK's command line for a replay of `configuration`. The arguments, and what follows: frames
    /// of `longest_frame` bytes will come.
    static std::vector<std::string> eal_arguments(const config::Configuration& configuration,
                                                  std::uint32_t longest_frame);

    Replay(const config::Configuration& configuration, std::uint32_t longest_frame,
           std::chrono::nanoseconds start);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    /// The frame arrives; returns what came of it, in order. Packets that are no TCP are left out.
    std::vector<Piece> feed(wire::Side side, std::span<const std::uint8_t> frame);
    /// It is `time` now, never earlier than before; returns what the box sends of its own.
    std::vector<Piece> set_time(std::chrono::nanoseconds time);
    [[nodiscard]] std::chrono::nanoseconds time() const { return time_; }

    /// The box's flow of the connection as it stands, if there is one.
    [[nodiscard]] std::optional<flow::Flow> flow(const wire::FourTuple& tuple);
    [[nodiscard]] std::uint32_t flows() const;
    /// By flow::CloseKind, so far.
    [[nodiscard]] std::array<std::uint64_t, flow::kCloseKindCount> closes() const;
    /// Whether every packet that came is counted as forwarded, answered, held or dropped.
    [[nodiscard]] bool every_packet_is_accounted_for() const;

  private:
    struct FreeRing {
        void operator()(rte_ring* ring) const { rte_ring_free(ring); }
    };
    struct RingPort {
        std::string name;
        std::uint16_t id = 0;
        std::unique_ptr<rte_ring, FreeRing> receive;
        std::unique_ptr<rte_ring, FreeRing> transmit;
    };
    static RingPort make_port();
    void inject(wire::Side side, std::span<const std::uint8_t> frame);
    void ask(worker::Question& question);
    std::vector<Piece> turn();

    std::array<RingPort, 2> ports_;  ///< by side
    std::unique_ptr<worker::Engine> engine_;
    std::unique_ptr<worker::Capture> capture_;
    std::chrono::nanoseconds time_;
    int stamp_offset_ = -1;
    std::uint64_t stamp_flag_ = 0;
};

}  // namespace synward::control::explain
