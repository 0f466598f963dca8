// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "segment.h"

namespace synward::model {

/// RFC 9293 section 3.3.2.
enum class State : std::uint8_t {
    kClosed,
    kListen,
    kSynSent,
    kSynReceived,
    kEstablished,
    kFinWait1,
    kFinWait2,
    kCloseWait,
    kClosing,
    kLastAck,
    kTimeWait,
};
std::string_view name(State state);

/// What an endpoint did with a segment.
enum class Treatment : std::uint8_t {
    kIgnored,    ///< dropped without a word
    kAnswered,   ///< not acceptable: answered with an ACK or RST and dropped
    kProcessed,  ///< accepted: what it says was taken in, even if it was nothing new
};

/// What an endpoint sends in one step.
class Outbox {
  public:
    void add(const Segment& segment) {
        if (count_ < segments_.size()) {
            segments_[count_++] = segment;
        }
    }
    [[nodiscard]] const Segment* begin() const { return segments_.data(); }
    [[nodiscard]] const Segment* end() const { return segments_.data() + count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

  private:
    std::array<Segment, 12> segments_{};
    unsigned count_ = 0;
};

/// How an endpoint is made.
struct Habits {
    bool listens = false;      ///< a listening socket is behind it: it is LISTEN instead of CLOSED
    bool delays_acks = false;  ///< an ACK waits for acknowledge() or for a segment to ride on
    bool timestamps = false;   ///< offers them (RFC 7323)
    /// Drops what lacks them once they are agreed on (RFC 7323 section 3.2, SHOULD).
    bool insists_on_timestamps = true;
    bool scales = false;            ///< offers window scaling (RFC 7323)
    std::uint8_t scale = 0;         ///< 0-14
    std::uint16_t mss = 1460;       ///< told in the SYN
    std::uint32_t buffer = 65'535;  ///< room for data that has not been read
    std::uint32_t most = 1;         ///< octets in one segment; more than an MSS is as if offloaded
    std::uint32_t second_isn_step = 0x0100'0000;  ///< from one connection's ISN to the next's
};

/// One end of a connection, written from RFC 9293 section 3.10 with RFC 5961, RFC 7323 and RFC
/// 1337, and from nothing else: what the box is measured by. It has no timers: whoever drives it
/// says when they expire. Trivially copyable.
class Endpoint {
  public:
    Endpoint() = default;
    Endpoint(const Habits& habits, Number isn) : habits_{habits}, next_isn_{isn} {
        state_ = habits.listens ? State::kListen : State::kClosed;
    }

    // The user's calls (section 3.10.1 to 3.10.5). False: not now.
    bool open(Outbox& out);
    bool send(std::uint32_t octets, Outbox& out);
    bool close(Outbox& out);
    bool abort(Outbox& out);
    /// While it does not read, what arrives fills the buffer.
    void set_reading(bool reading, Outbox& out);

    /// Section 3.10.7. `now`: of the timestamp clock.
    Treatment receive(const Segment& segment, std::uint32_t now, Outbox& out);

    // Timers.
    [[nodiscard]] bool may_retransmit() const;
    /// The oldest unacknowledged segment again, or a probe of a closed window.
    void retransmit(Outbox& out);
    [[nodiscard]] bool owes_ack() const { return owes_ack_; }
    void acknowledge(Outbox& out);
    bool keep_alive(Outbox& out);
    bool end_time_wait();
    void set_clock(std::uint32_t now) { now_ = now; }
    /// By what its peer's stream is known (the ISN that the peer itself chose).
    void expect_stream(std::uint32_t key) {
        peer_key_ = key;
        knows_peer_key_ = true;
    }
    void forget_stream() { knows_peer_key_ = false; }
    [[nodiscard]] bool expects_a_stream() const { return knows_peer_key_; }

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool is_synchronized() const { return state_ >= State::kEstablished; }
    [[nodiscard]] Number isn() const { return iss_; }
    [[nodiscard]] Number peer_isn() const { return irs_; }
    [[nodiscard]] Number unacknowledged() const { return una_; }
    /// RFC 5961 section 5: what acknowledges so little is discarded, whatever else it carries.
    [[nodiscard]] bool is_too_old(Number acknowledgment) const {
        return ahead(acknowledgment, una_ - max_snd_wnd_) < 0;
    }
    [[nodiscard]] Number next_to_send() const { return nxt_; }
    [[nodiscard]] Number next_to_receive() const { return rcv_nxt_; }
    [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }
    [[nodiscard]] std::uint32_t queued() const { return queued_; }
    [[nodiscard]] std::uint32_t delivered() const { return delivered_; }
    [[nodiscard]] bool was_reset() const { return was_reset_; }
    [[nodiscard]] bool has_sent_fin() const { return fin_sent_; }
    [[nodiscard]] bool got_fin() const { return got_fin_; }
    [[nodiscard]] bool wants_to_close() const { return closes_; }
    [[nodiscard]] bool got_foreign_data() const { return got_foreign_data_; }
    /// The last octet sent and the FIN, if there was one, are acknowledged.
    [[nodiscard]] bool is_all_acknowledged() const { return una_ == nxt_; }
    [[nodiscard]] std::uint64_t hash() const;

  private:
    [[nodiscard]] std::uint32_t receive_window() const;
    [[nodiscard]] std::uint16_t window_field(bool with_syn) const;
    [[nodiscard]] std::uint32_t sent() const;  ///< octets of the stream
    [[nodiscard]] bool is_fin_acknowledged() const { return fin_sent_ && una_ == nxt_; }
    [[nodiscard]] bool is_acceptable(const Segment& segment) const;
    [[nodiscard]] bool may_reopen(const Segment& syn) const;
    Segment base(Number sequence) const;
    void emit(Segment segment, Outbox& out);
    void emit_syn(Outbox& out);
    void emit_ack(Outbox& out);
    void emit_data(std::uint32_t offset, std::uint32_t length, bool fin, Outbox& out);
    void answer_with_reset(const Segment& segment, Outbox& out) const;
    void transmit(Outbox& out);
    void begin_connection();
    void enter_closed();
    void take_window(const Segment& segment);
    void learn_options(const Segment& syn);
    Treatment in_listen(const Segment& segment, Outbox& out);
    Treatment in_syn_sent(const Segment& segment, Outbox& out);
    Treatment in_others(const Segment& segment, Outbox& out);
    Treatment take_reset(const Segment& segment, Outbox& out);
    void take_text(const Segment& segment);
    void take_fin();
    void remember_out_of_order(std::uint32_t begin, std::uint32_t end);

    Habits habits_{};
    State state_ = State::kClosed;
    Number next_isn_{}, iss_{}, una_{}, nxt_{}, wl1_{}, wl2_{}, irs_{}, rcv_nxt_{};
    std::uint32_t snd_wnd_ = 0, max_snd_wnd_ = 0;
    std::uint32_t queued_ = 0, delivered_ = 0, unread_ = 0;
    std::uint32_t ts_recent_ = 0, now_ = 0;
    std::uint32_t incarnation_ = 0;
    std::uint32_t peer_key_ = 0;
    struct Piece {
        std::uint32_t begin = 0, end = 0;  ///< offsets in the stream; a FIN counts as an octet
        friend bool operator==(const Piece&, const Piece&) = default;
    };
    std::array<Piece, 4> pieces_{};
    std::uint8_t piece_count_ = 0;
    std::uint8_t peer_scale_ = 0, own_scale_ = 0;
    bool passive_ = false, closes_ = false, fin_sent_ = false, owes_ack_ = false;
    bool scaling_on_ = false, timestamps_on_ = false, reads_ = true, was_reset_ = false,
         got_fin_ = false;
    bool fin_is_waiting_ = false, got_foreign_data_ = false, knows_peer_key_ = false;
    std::uint32_t fin_offset_ = 0;
};

}  // namespace synward::model
