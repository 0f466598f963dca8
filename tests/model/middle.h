// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "defense/defender.h"
#include "frame.h"

namespace synward::model {

/// What leaves the box on one side.
struct Departure {
    Frame frame;
    wire::Side to = wire::Side::kOutside;
    bool is_original = false;  ///< what came in, translated at most; else of the box's making
    unsigned arrival = 0;      ///< is_original: as numbered by cross(), for what was held, too
};

/// What became of one frame, in the order in which it was decided: the arrival, then what it
/// released.
struct Decision {
    unsigned arrival = 0;
    defense::Action action = defense::Action::kDrop;
    wire::Reason reason = wire::Reason::kNotTcp;
};

/// The box in the middle, as one worker is one: parse, decide, and carry out as worker/rewriter.cpp
/// does, without DPDK. All of it can be put back to an earlier point.
class Middle {
  public:
    static constexpr unsigned kBudget = 4;
    explicit Middle(const defense::Policy& policy);
    Middle(const Middle&) = delete;
    Middle& operator=(const Middle&) = delete;

    /// A frame that comes in on `from`. The results stay until the next call.
    void cross(const Frame& frame, wire::Side from, unsigned arrival);
    /// Lets time pass: flows expire, and connections to silent servers are tried again.
    void pass_time(tcp::Duration duration);
    [[nodiscard]] const std::vector<Departure>& departures() const { return departures_; }
    [[nodiscard]] const std::vector<Decision>& decisions() const { return decisions_; }

    /// The only flow that there may be.
    flow::Flow* flow(const Addresses& addresses);
    [[nodiscard]] std::uint64_t flow_changes() const { return defender_->flow_changes(); }
    [[nodiscard]] tcp::Time now() const { return now_; }
    /// Why the box's own books do not agree, or nullptr.
    const char* inconsistency();
    /// No flow, no connecting, no credit taken.
    bool is_empty();
    [[nodiscard]] const defense::Policy& policy() const { return generation_.policy(); }
    std::uint64_t hash(const Addresses& addresses);

    /// A point to come back to.
    struct Point {
        std::vector<std::byte> table;
        std::optional<defense::ConnectingPool> connecting;
        std::optional<defense::ServiceState> service;
        std::vector<std::vector<Departure>> held;
        tcp::Time now;
    };
    void save(Point& point);
    void restore(const Point& point);

  private:
    void make_defender();
    void change_service(const defense::ServiceState& service);
    void decide(const Frame& frame, wire::Side from, unsigned arrival);
    void carry_out(const defense::Verdict& verdict, const Frame& frame, wire::Segment segment,
                   wire::Side from, unsigned arrival);
    void send(const Frame& frame, wire::Side to, bool is_original, unsigned arrival);
    void write_and_send(const Frame& like, wire::Segment segment, wire::Direction direction,
                        const wire::TcpFields& fields, const wire::HandshakeOptions& options,
                        wire::Side to);
    void connect_server(const defense::Verdict& verdict, const Frame& frame,
                        const wire::Segment& segment, unsigned arrival);
    void join(const defense::Verdict& verdict, const Frame& frame, const wire::Segment& segment);
    void send_syn(std::uint32_t number);
    void reset_client(std::uint32_t number);
    void originate(const defense::Origination& origination);
    void forget_released();

    static constexpr std::uint32_t kFlows = 2;
    static constexpr std::uint32_t kConnections = 2;
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    defense::PolicyGeneration generation_;
    tcp::TupleHasher hasher_;
    std::vector<Line> memory_;
    flow::Table table_;
    defense::ConnectingPool connecting_;
    tcp::Time now_;
    std::optional<defense::Defender> defender_;
    std::vector<std::vector<Departure>> held_;  ///< by number in the pool
    std::vector<Departure> released_;
    std::vector<Departure> departures_;
    std::vector<Decision> decisions_;
};

}  // namespace synward::model
