// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

#include "box.h"

namespace synward::defense {

inline constexpr unsigned kFinAck = wire::kFin | wire::kAck;

/// How a connection came to be, which no later segment may notice.
enum class Manner { kUntouched, kChallenged };

/// The two ends of one connection through a Box. Numbers count from each end's own SYN, which is 0,
/// in the numbers that this end was shown, so that one transcript serves spliced connections and
/// others, and any ISN.
class Exchange {
  public:
    struct Style {
        Manner manner = Manner::kUntouched;
        std::uint32_t client_isn = 0x1000'0000;
        std::uint32_t server_isn = 0x7000'0000;
        bool timestamps = true;
        unsigned client_port = kClientPort;
        bool ipv6 = false;
        unsigned server_scale = 9;
        unsigned server = 2;
    };
    explicit Exchange(Box& box) : Exchange{box, Style{}} {}
    Exchange(Box& box, const Style& style)
        : box_{box}, style_{style}, shown_isn_{style.server_isn}, timestamps_{style.timestamps} {}

    Sent client(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment = 0,
                std::size_t length = 0) const {
        Sent sent{.from = Side::kOutside,
                  .flags = flags,
                  .sequence = style_.client_isn + sequence,
                  .acknowledgment = shown_isn_ + acknowledgment,
                  .length = length,
                  .client_port = style_.client_port,
                  .ipv6 = style_.ipv6,
                  .server = style_.server};
        if (timestamps_ && (flags & (wire::kSyn | wire::kRst)) == 0) {
            sent.options = test::OptionsText{.timestamps = {{2000, echo_}}}.bytes();
        }
        return sent;
    }
    Sent server(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment = 0,
                std::size_t length = 0) const {
        return {.from = Side::kInside,
                .flags = flags,
                .sequence = style_.server_isn + sequence,
                .acknowledgment = style_.client_isn + acknowledgment,
                .length = length,
                .client_port = style_.client_port,
                .ipv6 = style_.ipv6,
                .server = style_.server};
    }
    Sent syn() const {
        Sent sent = client(wire::kSyn, 0);
        sent.acknowledgment = 0;
        sent.options = syn_options(style_.timestamps).bytes();
        return sent;
    }
    Sent syn_ack() const {
        Sent sent = server(wire::kSyn | wire::kAck, 0, 1);
        sent.options =
            test::OptionsText{.mss = 1460,
                              .sack_permitted = true,
                              .timestamps = style_.timestamps
                                                ? std::optional{std::pair{500'000U, 1000U}}
                                                : std::nullopt,
                              .window_scale = style_.server_scale}
                .bytes();
        return sent;
    }
    Verdict send(const Sent& sent) { return box_.send(sent); }

    /// The SYN that is answered with a cookie; its numbers are remembered.
    Verdict challenge() {
        const Verdict verdict = send(syn());
        shown_isn_ = verdict.sequence.value();
        timestamps_ = verdict.options.timestamps.has_value();
        if (verdict.options.timestamps) {
            echo_ = verdict.options.timestamps->value;
        }
        return verdict;
    }
    /// Challenged and redeemed by a bare ACK.
    Verdict redeem() {
        challenge();
        return send(client(wire::kAck, 1, 1));
    }
    /// The whole handshake.
    void establish() {
        if (style_.manner == Manner::kChallenged) {
            ASSERT_EQ(redeem().action, Action::kConnectServer);
            ASSERT_EQ(send(syn_ack()).action, Action::kJoin);
        } else {
            ASSERT_EQ(send(syn()).action, Action::kForward);
            ASSERT_EQ(send(syn_ack()).reason, Reason::kSynAck);
            ASSERT_EQ(send(client(wire::kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
        }
        expect_states(State::kEstablished, State::kEstablished);
    }
    flow::Flow* flow() { return box_.flow(style_.client_port, style_.ipv6, style_.server); }
    void expect_states(State outside, State inside) {
        ASSERT_NE(flow(), nullptr);
        EXPECT_EQ(flow()->state(Side::kOutside), outside);
        EXPECT_EQ(flow()->state(Side::kInside), inside);
    }
    /// What the box does with a segment that passes in this connection.
    Action passes() const {
        return style_.manner == Manner::kChallenged ? Action::kSplice : Action::kForward;
    }
    Box& box() { return box_; }
    std::uint32_t shown_isn() const { return shown_isn_; }

  private:
    Box& box_;
    Style style_;
    std::uint32_t shown_isn_;
    bool timestamps_;  ///< agreed to
    std::uint32_t echo_ = 0;
};

/// One line of a transcript, in the numbers of Exchange.
struct Line {
    Side from;
    unsigned flags;
    std::uint32_t sequence;
    std::uint32_t acknowledgment;
    std::size_t length;
    Reason reason;
    State outside;
    State inside;
};

constexpr Line client(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                      std::size_t length, Reason reason, State outside, State inside) {
    return {Side::kOutside, flags, sequence, acknowledgment, length, reason, outside, inside};
}
constexpr Line server(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                      std::size_t length, Reason reason, State outside, State inside) {
    return {Side::kInside, flags, sequence, acknowledgment, length, reason, outside, inside};
}

/// Plays an established connection's transcript.
inline void play(Exchange& exchange, std::span<const Line> lines) {
    for (std::size_t number = 0; number < lines.size(); ++number) {
        SCOPED_TRACE("line " + std::to_string(number + 1));
        const Line& line = lines[number];
        const Verdict verdict = exchange.send(
            line.from == Side::kOutside
                ? exchange.client(line.flags, line.sequence, line.acknowledgment, line.length)
                : exchange.server(line.flags, line.sequence, line.acknowledgment, line.length));
        EXPECT_EQ(verdict.reason, line.reason);
        EXPECT_EQ(verdict.action, wire::disposition(line.reason) == wire::Disposition::kDropped
                                      ? Action::kDrop
                                      : exchange.passes());
        exchange.expect_states(line.outside, line.inside);
    }
}

}  // namespace synward::defense
