// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "defense/defender.h"
#include "support/frame_builder.h"
#include "support/options_text.h"
#include "wire/parse.h"

namespace synward::wire {
/// Failing tests name reasons as the counters do.
inline void PrintTo(Reason reason, std::ostream* out) {
    *out << description(reason).name;
}
}  // namespace synward::wire

namespace synward::tcp {
inline void PrintTo(EndpointState state, std::ostream* out) {
    *out << name(state);
}
}  // namespace synward::tcp

namespace synward::defense {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Reason;
using wire::Side;
using State = tcp::EndpointState;

inline constexpr unsigned kServicePort = 80;
inline constexpr unsigned kClientPort = 40'000;

/// A policy with one service: 198.51.100.2 and 2001:db8::2, port 80.
inline Policy one_service(Challenge challenge, std::uint32_t budget = 64) {
    Policy policy;
    policy.remembered_syns = 512;  // boxes are made by the thousand
    policy.services.push_back(
        {.name = "web",
         .addresses = {*wire::Prefix::parse("198.51.100.2"), *wire::Prefix::parse("2001:db8::2")},
         .ports = {{kServicePort, kServicePort}},
         .challenge = challenge,
         .budget = budget,
         .probe = false});
    return policy;
}

/// The options of an everyday SYN, by a client that has timestamps or has none.
inline test::OptionsText syn_options(bool timestamps = true) {
    test::OptionsText text{.mss = 1460, .sack_permitted = true, .window_scale = 7};
    if (timestamps) {
        text.timestamps = {1000, 0};
    }
    return text;
}

/// A segment to be sent, in the numbers that are on the wire on its side.
struct Sent {
    Side from = Side::kOutside;
    unsigned flags = wire::kAck;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::size_t length = 0;
    unsigned window = 500;
    test::Bytes options{};
    unsigned client_port = kClientPort;
    bool ipv6 = false;
    bool damaged = false;  ///< its TCP checksum is wrong
    unsigned server = 2;   ///< the last part of the server's address
};

/// One worker's decisions with all that they depend on and a clock that the test advances: segments
/// go in as frames, verdicts come out.
class Box {
  public:
    struct Settings {
        Policy policy = one_service(Challenge::kOverBudget);
        std::uint32_t capacity = 1024;
        bool cookies_are_shared = false;
        /// SYNs that the worker would have answered together are decided one by one.
        bool one_by_one = false;
    };
    explicit Box(const Settings& settings);
    explicit Box(const Policy& rules) : Box{Settings{.policy = rules}} {}
    explicit Box(Challenge challenge, std::uint32_t budget = 64)
        : Box{one_service(challenge, budget)} {}

    /// What becomes of the segment. As in a worker, it is a batch of its own.
    Verdict send(const Sent& sent);
    /// The same for a frame of any making.
    Verdict send_frame(const test::Bytes& frame, Side from);
    static test::Bytes frame_of(const Sent& sent);

    void advance(tcp::Duration duration) { now += duration; }
    /// Looks at the whole table for flows whose time has come.
    void expire();
    /// Steps through the next `duration`, letting every connecting try and every flow expire;
    /// counts the SYNs sent again and those given up.
    struct Tries {
        unsigned sent_again = 0;
        unsigned given_up = 0;
    };
    Tries wait(tcp::Duration duration, tcp::Duration step = milliseconds{10});

    flow::Flow* flow(unsigned client_port = kClientPort, bool ipv6 = false, unsigned server = 2);
    [[nodiscard]] const ServiceState& service() const { return defender.services().front(); }
    /// Of service(), told of all that was decided in the ways of floods.
    [[nodiscard]] const ServiceFigures& service_figures() {
        defender.floods().tell_figures();
        return service().figures();
    }
    /// Flows of the one phase.
    unsigned count(flow::Phase phase);
    /// Credits, pool and table agree with what the flows say.
    void expect_consistent(std::uint32_t budget);

    /// Another policy from now on, as a worker goes over to it.
    void adopt(const Policy& next);

  private:
    /// In one of the ways of floods, if it is decided there.
    std::optional<Verdict> decide_as_flood(const test::Bytes& frame, Side from,
                                           const tcp::Block& hash);

    bool one_by_one_;
    std::unique_ptr<PolicyGeneration> generation_;

  public:
    Policy policy;  ///< as it was given last
    tcp::TupleHasher hasher{tcp::Secret{1, 2, 3}};

  private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::vector<Line> memory_;

  public:
    flow::Table table;
    ConnectingPool connecting;
    tcp::Time now{seconds{1'700'000'000}};
    ChecksumState checksum = ChecksumState::kUnknown;  ///< of what is sent next
    unsigned answered_as_flood = 0;  ///< SYNs, in the way of FloodDecider::answer_syns()
    unsigned dropped_as_strays = 0;  ///< ACKs, in the way of FloodDecider::drop_ack()
    Defender defender;
};

}  // namespace synward::defense
