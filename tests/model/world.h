// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "defense/policy.h"
#include "endpoint.h"
#include "frame.h"
#include "middle.h"

namespace synward::model {

using wire::Side;

/// Two ends, what they may do, and how the box is set.
struct Scenario {
    defense::Challenge challenge = defense::Challenge::kOverBudget;
    bool has_box = true;  ///< without, a wire: what the two ends do by themselves
    Habits client{};
    Habits server{.listens = true};
    Number client_isn{0x1000'0000};
    Number server_isn{0x7000'0000};
    Addresses addresses{};
    // How often each may happen in one history:
    std::array<std::uint8_t, 2> opens{1, 0};  ///< by side
    std::array<std::uint8_t, 2> sends{1, 1};
    std::array<std::uint32_t, 2> octets{1, 1};  ///< in one send
    std::array<std::uint8_t, 2> aborts{0, 0};
    std::uint8_t duplicates = 0;
    std::uint8_t old_syns = 0;  ///< of an earlier connection, RFC 9293 figure 9
    std::uint8_t ticks = 0;     ///< time enough for the box to try its server again
    std::uint8_t keep_alives = 0;
    std::uint8_t naps = 0;              ///< times without reading
    std::uint8_t idles = 0;             ///< long silences, just under the box's patience
    std::uint32_t remembered_syns = 0;  ///< by the box, to send its SYN-ACKs again
    bool resets_on_expiry = false;      ///< the box tells the ends of what it forgets
};

/// What happens next. A history is a scenario and a sequence of these.
enum class What : std::uint8_t {
    kOpen,  ///< a user's call; `which` is the side
    kSend,
    kClose,
    kAbort,
    kNap,          ///< stops reading, or reads again
    kRetransmit,   ///< the retransmission timer of the side `which`
    kAcknowledge,  ///< its delayed ACK
    kEndTimeWait,  ///< its 2 MSL are over
    kKeepAlive,
    kDeliver,    ///< the `which`-th segment under way takes its next hop: to the box or beyond it
    kDuplicate,  ///< the same, and stays under way
    kLose,       ///< it is gone
    kOldSyn,     ///< a SYN of an earlier connection of the same ports reaches the box
    kTick,       ///< 300 ms pass, or ten times as much
    kIdle,       ///< hours pass
};
struct Choice {
    What what = What::kDeliver;
    std::uint8_t which = 0;

    friend bool operator==(const Choice&, const Choice&) = default;
};
using History = std::vector<Choice>;

/// Writes down what happens, for a reader.
class Log;

/// Two endpoints, a network that loses, duplicates, delays and reorders, and the box in the middle;
/// what must hold is checked at every step (world_rules.cpp).
class World {
  public:
    explicit World(const Scenario& scenario);

    /// Lets it happen. False: it cannot, and nothing has changed.
    bool apply(Choice choice);
    /// All that may happen next, without what another choice does as well.
    void list_choices(std::vector<Choice>& choices) const;
    /// From here on the network delivers all in order, timers expire and users close: both streams
    /// arrive whole, both ends come to rest, and in the end the box knows nothing more.
    /// Where the box resets what expires and nothing is lost, all fall silent instead (abandon()).
    void settle(bool loses_what_is_under_way);

    /// What did not hold, or empty.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] unsigned emitted() const { return state_.emitted; }
    [[nodiscard]] std::uint64_t hash();
    /// A SYN or SYN-ACK is on its way somewhere, or the box may send one.
    [[nodiscard]] bool is_opening();
    void write_to(Log& log) { log_ = &log; }
    [[nodiscard]] const Endpoint& end(Side side) const { return state_.ends[index(side)]; }
    Middle& box() { return box_; }
    /// In how many steps the box did each thing, by reason; over the world's whole life.
    [[nodiscard]] const std::array<std::uint64_t, wire::kReasonCount>& reasons() const {
        return reasons_;
    }

  private:
    static constexpr unsigned index(Side side) { return side == Side::kOutside ? 0 : 1; }
    using States = std::uint16_t;  ///< a set of states, by bit
    static constexpr States bit(State state) {
        return static_cast<States>(1U << static_cast<unsigned>(state));
    }
    /// Of a segment that an end has sent, in that end's own numbers.
    struct Origin {
        std::uint16_t order = 0;        ///< of emission; zero for what the box made
        States states = 0;              ///< in which its sender has been since it was sent
        std::uint32_t incarnation = 0;  ///< of its sender's connection
        Number isn{}, end{};
    };
    struct Packet {
        Frame frame;
        std::uint64_t hash = 0;
        Origin origin;
        Side from = Side::kOutside;
        bool has_crossed = false;
    };
    static constexpr std::uint32_t kOldIncarnation = UINT32_MAX;
    /// What the rules know of one end.
    struct Known {
        States seen = 0;  ///< states since its last segment that passed the box was sent
        std::uint16_t last_order = 0;
        std::uint32_t incarnation = 0;  ///< of its SYN that the box has passed or answered
        Number isn{}, end{};            ///< in that incarnation; behind its FIN, once that passed
        bool was_in_time_wait = false;
        bool is_reset = false;  ///< by what has passed towards it since it was heard last
        struct Passed {         ///< since the box has its flow
            bool fin = false, ack_of_fin = false, ack_of_syn = false;
            bool ack_of_peers_fin = false, late_fin = false;
            bool anything = false;
            Number highest{};  ///< behind all of it
        } passed{};
    };
    /// All that changes, but for the box.
    struct Changing {
        std::array<Endpoint, 2> ends;
        std::vector<Packet> under_way;
        std::vector<Origin> held;  ///< of what the box holds
        std::array<Known, 2> known;
        unsigned emitted = 0;
        std::uint16_t order = 0;
        std::array<std::uint8_t, 2> opens{}, sends{}, aborts{};
        std::uint8_t duplicates = 0, old_syns = 0, ticks = 0, keep_alives = 0, naps = 0, idles = 0;
        std::array<bool, 2> naps_now{};
        bool reset_counts = false;  ///< one has passed or was made that ends the connection
        bool reset_passed = false, was_open = false;
        tcp::Time last_heard;      ///< when the box let something pass
        tcp::Duration patience{};  ///< how long an open flow may be silent from then on
    };

  public:
    /// A point to come back to.
    struct Point {
        Changing state;
        Middle::Point box;
    };
    void save(Point& point) {
        point.state = state_;
        box_.save(point.box);
    }
    void restore(const Point& point) {
        state_ = point.state;
        box_.restore(point.box);
    }

  private:
    Endpoint& end_of(Side side) { return state_.ends[index(side)]; }
    [[nodiscard]] std::uint32_t clock() const;
    void after(Side side, State before, const Outbox& out);
    void deliver(unsigned number, bool keeps);
    void cross_box(const Packet& packet);
    void cross_wire(const Packet& packet);
    void arrive(const Packet& packet);
    void carry_departures(const Packet* original);
    void inject_old_syn();
    void pass_time(tcp::Duration duration);
    bool settle_step();
    void give_up();

    // world_expiry.cpp
    void abandon();
    [[nodiscard]] bool is_to_be_freed(Side side);

    // world_drops.cpp
    void check_drop(const Packet& packet, const flow::Flow* flow, wire::Reason reason);
    void check_drop_while_connecting(const Packet& packet, const flow::Flow& flow);

    // world_rules.cpp
    void fail(std::string what);
    void forget_passed();
    void know_passing(Side from, const Segment& segment, const Origin& origin, bool acks_fin);
    void know_departure(const Departure& departure, const Packet& packet);
    [[nodiscard]] States allowed(Side side) const;
    void check_states();
    void check_after_step();
    void check_streams();

    const Scenario scenario_;
    defense::Policy policy_;
    Middle box_;
    Changing state_;
    std::string failure_;
    Log* log_ = nullptr;
    std::array<std::uint64_t, wire::kReasonCount> reasons_{};
};

}  // namespace synward::model
