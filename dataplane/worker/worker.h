// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "defense/connecting.h"
#include "defense/defender.h"
#include "flow/table.h"
#include "tcp/tuple_hash.h"
#include "worker/batch.h"
#include "worker/busy_time.h"
#include "worker/capture.h"
#include "worker/clock.h"
#include "worker/counters.h"
#include "worker/hand_over.h"
#include "worker/holding_room.h"
#include "worker/policy_exchange.h"
#include "worker/port.h"
#include "worker/question.h"
#include "worker/rewriter.h"
#include "worker/round.h"
#include "worker/transmitter.h"

namespace synward::worker {

/// What all workers of a run have in common. Outlives them.
struct Shared {
    const std::vector<Port>& ports;
    PolicyExchange& policies;
    const tcp::TupleHasher& hasher;
    HandOver& hand_over;
    bool steers_by_software = false;  ///< else the devices bring each packet to its owner
    std::uint16_t workers = 1;
    Clock::Source clock = Clock::Source::kTsc;
    std::chrono::microseconds idle_sleep{0};
};

/// One poll-mode core: takes packets from its queues through all stages, run to completion. All
/// that it touches while a packet is under way is its own.
class Worker {
  public:
    /// A worker that carries packets looks at one place of its table for each so many of them, for
    /// whoever has asked a question. A look costs about a quarter of carrying a packet.
    static constexpr unsigned kPacketsForAPlace = 8;

    /// `table_memory` as flow::Table wants it, for `flow_capacity` flows.
    Worker(const Shared& shared, std::uint16_t index, std::span<std::byte> table_memory,
           std::uint32_t flow_capacity, const defense::Surroundings& surroundings);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Turns until `stop` is set. On the worker's own thread.
    void run(const std::atomic<bool>& stop);

    /// One round over all queues and rings; returns how many packets there were. On the worker's
    /// thread, or on any one while no thread runs the worker. `receive`: false leaves ports and
    /// timers alone and empties the rings only.
    unsigned turn(bool receive = true);

    /// After run(): what is still held for servers is dropped under `kStopped`.
    void drop_everything_held();

    /// The generation of the policy by which it decides, and the one of which Defender::settled()
    /// speaks. Any thread.
    [[nodiscard]] std::uint64_t policy_adopted() const {
        return policy_adopted_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t policy_settled() const {
        return policy_settled_.load(std::memory_order_acquire);
    }
    [[nodiscard]] Totals totals() const { return counters_.totals(); }
    [[nodiscard]] const defense::Figures& figures() const { return defender_.figures(); }
    [[nodiscard]] flow::Table& table() { return table_; }
    [[nodiscard]] const defense::Defender& defender() const { return defender_; }
    /// Where the control thread asks; answered while the worker turns.
    [[nodiscard]] QuestionBox& questions() { return questions_; }

  private:
    // The stages, in their order.
    [[gnu::hot]] void process(Batch& batch);
    /// Reads the packets and, but where they may be another worker's, looks up their flows.
    [[gnu::hot]] void parse(Batch& batch);
    // The steps of parse(), for the packets from `first` to before `end`.
    [[gnu::always_inline]] void ask_for_frames(Batch& batch, unsigned first, unsigned end);
    [[gnu::always_inline]] void read_frames(Batch& batch, unsigned first, unsigned end);
    /// Reads the flows of those of `places`, by bits, that have one.
    void read_flows(Batch& batch, std::uint64_t places);
    /// What the devices have found of the checksums.
    void hear_devices(Batch& batch) const;
    /// Whether packets may be another worker's, which is told by their hashes.
    [[nodiscard]] bool steers() const { return shared_.steers_by_software && shared_.workers != 1; }
    void steer(Batch& batch);
    /// Of packets that might have been another's.
    void look_up(Batch& batch);
    [[gnu::hot]] void decide(Batch& batch);
    /// decide() for one packet.
    [[gnu::always_inline]] void decide_one(Batch& batch, unsigned place, flow::Flow* flow);
    /// decide() for one packet where that is enough: segments of connections that are `plain`, and
    /// `strays` without a flow, by bits.
    [[gnu::always_inline]] bool decide_at_one_look(Batch& batch, unsigned place, flow::Flow* flow,
                                                   std::uint64_t plain, std::uint64_t strays);
    /// Whether flows have come or gone since the batch was looked up.
    [[nodiscard]] bool are_flows_others(const Batch& batch) const {
        return defender_.flow_changes() != batch.flow_changes;
    }
    /// Looks up anew the flow of `first`, and those of the next ones as long as there is none.
    /// Returns the first before `end` that has one, or `end`.
    unsigned find_again(Batch& batch, unsigned first, unsigned end);
    [[gnu::hot]] void rewrite(Batch& batch);
    void deliver_released();

    /// Goes over to the policy that was published last.
    void take_up_policy();
    [[gnu::hot]] unsigned receive_from_ports();
    unsigned take_from_others();
    void take_news();
    void tell_news();
    void keep_house();
    /// A slice of the answer; `packets` were carried in this turn.
    void work_on(Question& question, unsigned packets);
    /// Sends what the decisions since the last call want sent.
    void originate();
    void retry_connections(std::uint32_t places);
    void sweep_released_connections();

    const Shared& shared_;
    std::uint16_t index_;
    Clock clock_;
    tcp::Time now_;
    BusyTime busy_time_;
    Counters counters_;
    flow::Table table_;
    defense::ConnectingPool connecting_;
    HoldingRoom holding_room_;
    defense::Defender defender_;
    Round flow_round_;
    Round connecting_round_;
    CaptureSeat capture_seat_;
    Transmitter transmitter_;
    Rewriter rewriter_;
    std::array<wire::Side, RTE_MAX_ETHPORTS> side_of_port_{};
    std::array<bool, RTE_MAX_ETHPORTS> verifies_checksums_{};  ///< by port
    bool devices_verify_checksums_ = false;                    ///< some
    std::uint32_t next_retry_ = 0;
    QuestionBox questions_;
    std::atomic<std::uint64_t> policy_adopted_;
    std::atomic<std::uint64_t> policy_settled_;
    Batch batch_;
};

}  // namespace synward::worker
