// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "tcp/endpoint.h"
#include "tcp/time.h"
#include "tcp/window.h"
#include "wire/four_tuple.h"
#include "wire/sequence_number.h"

namespace synward::flow {

/// Time as a flow keeps it: 24 bits of 2^26 ns (67 ms), a circle of 13 days on which times up to
/// half of that apart can be compared.
class CoarseTime {
  public:
    static constexpr std::int64_t kStep = std::int64_t{1} << 26;  ///< nanoseconds

    /// The longest time ahead that can be told from one past: 6.5 days.
    static constexpr tcp::Duration kLongest{kStep * 0x7f'fffe};

    constexpr CoarseTime() = default;
    static constexpr CoarseTime of(tcp::Time time) {
        return CoarseTime{static_cast<std::uint32_t>(time.time_since_epoch().count() / kStep)};
    }
    /// At least `duration` later than any time within this step, rounded up to a step; no later
    /// than kLongest.
    [[nodiscard]] constexpr CoarseTime after(tcp::Duration duration) const {
        return CoarseTime{value_ + steps_of(duration)};
    }
    /// By how many steps after(duration) is later.
    static constexpr std::uint32_t steps_of(tcp::Duration duration) {
        return static_cast<std::uint32_t>(
            (std::min(duration, kLongest).count() + kStep - 1) / kStep + 1);
    }
    /// Whether this time lies at or before `now`; has to be asked within half the circle.
    [[nodiscard]] constexpr bool has_come(CoarseTime now) const {
        return ((now.value_ - value_) & 0xff'ffffU) < 0x80'0000U;
    }
    [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
    static constexpr CoarseTime from_value(std::uint32_t value) { return CoarseTime{value}; }

  private:
    constexpr explicit CoarseTime(std::uint32_t value) : value_{value & 0xff'ffffU} {}
    std::uint32_t value_ = 0;
};

/// Where a flow stands in its life as the box lives it; the endpoints' states say the rest.
enum class Phase : std::uint8_t {
    kHalfOpen,    ///< a SYN passed untouched, its handshake is not complete
    kConnecting,  ///< a cookie was redeemed, the server has not answered yet
    kOpen,        ///< the handshake is complete; `endpoints` tell how far the close has come
};

/// One connection, in one cache line. Owned and touched by one worker alone.
struct alignas(64) Flow {
    /// What tells a spliced connection's two numberings apart.
    struct Splice {
        std::uint32_t sequence_delta;   ///< client's view of the server's numbers less the server's
        std::uint32_t timestamp_delta;  ///< the same for the server's TSval
    };
    /// Neighbours in the table's queue of half-open flows, by age.
    struct HalfOpenLinks {
        std::uint32_t older;
        std::uint32_t newer;
    };
    /// What a redeemed cookie promised, until the server's own numbers are known.
    struct Promise {
        wire::SequenceNumber sequence;  ///< of the SYN-ACK that the client has accepted
        std::uint32_t timestamp_value;  ///< its TSval
    };

    wire::FourTuple tuple;
    /// By side: the highest sequence number seen from it, plus one; in that side's own numbering.
    std::array<wire::SequenceNumber, 2> next;
    union {
        HalfOpenLinks half_open;  ///< in Phase::kHalfOpen
        Promise promise;          ///< in Phase::kConnecting
        Splice splice;            ///< in Phase::kOpen; zero when not spliced
    };
    std::uint32_t expiry : 24;  ///< CoarseTime
    std::uint32_t outside_state : 4;
    std::uint32_t inside_state : 4;
    /// By side: the largest window that it has offered, scaled.
    std::array<tcp::WindowBound, 2> window;
    std::uint16_t outside_scale : 4;  ///< kNoWindowScale: windows are not scaled
    std::uint16_t inside_scale : 4;   ///< the server's own
    /// What a cookie told the client of the server; half-open: of handshake_stamp.h.
    std::uint16_t promised_scale : 4;
    std::uint16_t phase : 2;
    std::uint16_t opener_is_inside : 1;  ///< a server opened the connection
    std::uint16_t holds_credit : 1;      ///< of its service's budget
    std::uint16_t spliced : 1;
    std::uint16_t timestamps : 1;        ///< spliced: both ends use timestamps
    std::uint16_t strip_timestamps : 1;  ///< spliced: promised to the client, refused by the server
    std::uint16_t strip_sack : 1;        ///< the same for SACK; see heard_another_syn()
    /// Half-open (RFC 7413): the SYN had data, which the SYN-ACK may acknowledge; from the SYN-ACK
    /// on, the answerer has sent data as well, which the third segment need not acknowledge.
    /// Open: see heard_another_syn().
    std::uint16_t syn_had_data : 1;
    std::uint16_t in_use : 1;             ///< of the table: this place holds a flow
    std::uint16_t one_sided : 1;          ///< the inside's segments may not be seen
    std::uint16_t counted_at_source : 1;  ///< its source prefix's budget counts it
    /// Spliced: tells its own cookie's ACK from another's; half-open: of handshake_stamp.h.
    std::uint16_t cookie_mark : 8;
    std::uint16_t service;

    [[nodiscard]] tcp::EndpointState state(wire::Side side) const {
        return static_cast<tcp::EndpointState>(side == wire::Side::kOutside ? outside_state
                                                                            : inside_state);
    }
    void set_state(wire::Side side, tcp::EndpointState state) {
        if (side == wire::Side::kOutside) {
            outside_state = static_cast<std::uint32_t>(state) & 0xfU;
        } else {
            inside_state = static_cast<std::uint32_t>(state) & 0xfU;
        }
    }
    /// In Phase::kConnecting: where the worker keeps what it holds for this flow. The server's
    /// numbers, whose place it takes, are not known yet.
    [[nodiscard]] std::uint32_t held_index() const {
        return next[static_cast<unsigned>(wire::Side::kInside)].value();
    }
    void set_held_index(std::uint32_t index) {
        next[static_cast<unsigned>(wire::Side::kInside)] = wire::SequenceNumber{index};
    }
    /// A SYN has passed besides that of this connection, so that its receiver, if it does not know
    /// this connection any more, may begin another. Half-open, it shares a bit with `strip_sack`,
    /// and open with `syn_had_data`, which mean nothing then.
    [[nodiscard]] bool heard_another_syn() const {
        return (life() == Phase::kOpen ? syn_had_data : strip_sack) != 0;
    }
    void set_heard_another_syn(bool heard) {
        if (life() == Phase::kOpen) {
            syn_had_data = heard ? 1 : 0;
        } else {
            strip_sack = heard ? 1 : 0;
        }
    }
    void set_expiry(CoarseTime time) { expiry = time.value() & 0xff'ffffU; }
    [[nodiscard]] Phase life() const { return static_cast<Phase>(phase); }
    void enter(Phase next_phase) { phase = static_cast<std::uint16_t>(next_phase) & 0x3U; }
    [[nodiscard]] wire::Side opener() const {
        return opener_is_inside ? wire::Side::kInside : wire::Side::kOutside;
    }
    [[nodiscard]] wire::SequenceNumber& next_of(wire::Side side) {
        return next[static_cast<unsigned>(side)];
    }
};

static_assert(sizeof(Flow) == 64);
static_assert(std::is_trivially_copyable_v<Flow>, "flows live in plain memory");

}  // namespace synward::flow
