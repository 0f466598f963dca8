// SPDX-License-Identifier: BSD-3-Clause
//
// The user's calls, the timers, and what is sent. What is received: endpoint_receive.cpp.
#include "endpoint.h"

#include "hash.h"

namespace synward::model {

std::string_view name(State state) {
    constexpr std::array<std::string_view, 11> kNames{
        "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RCVD", "ESTAB",    "FIN-WAIT-1",
        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK", "TIME-WAIT"};
    return kNames[static_cast<unsigned>(state)];
}

void Endpoint::begin_connection() {
    const Endpoint fresh{habits_, next_isn_ + habits_.second_isn_step};
    const Number isn = next_isn_;
    const std::uint32_t incarnation = incarnation_;
    const std::uint32_t now = now_;
    const bool foreign = got_foreign_data_;
    *this = fresh;
    got_foreign_data_ = foreign;
    incarnation_ = incarnation + 1;
    now_ = now;
    iss_ = una_ = isn;
    nxt_ = isn + 1;
}

void Endpoint::enter_closed() {
    state_ = habits_.listens ? State::kListen : State::kClosed;
    owes_ack_ = false;
}

bool Endpoint::open(Outbox& out) {
    if (state_ != State::kClosed && state_ != State::kListen) {
        return false;
    }
    begin_connection();
    state_ = State::kSynSent;
    emit_syn(out);
    return true;
}

bool Endpoint::send(std::uint32_t octets, Outbox& out) {
    switch (state_) {
        case State::kSynSent:
        case State::kSynReceived:
        case State::kEstablished:
        case State::kCloseWait:
            if (closes_) {
                return false;
            }
            queued_ += octets;
            transmit(out);
            return true;
        default:
            return false;
    }
}

bool Endpoint::close(Outbox& out) {
    switch (state_) {
        case State::kSynSent:
            enter_closed();  // "delete the TCB"
            return true;
        case State::kSynReceived:
        case State::kEstablished:
        case State::kCloseWait:
            if (closes_) {
                return false;
            }
            closes_ = true;
            transmit(out);
            return true;
        default:
            return false;
    }
}

bool Endpoint::abort(Outbox& out) {
    switch (state_) {
        case State::kClosed:
        case State::kListen:
            return false;
        case State::kSynReceived:
        case State::kEstablished:
        case State::kFinWait1:
        case State::kFinWait2:
        case State::kCloseWait: {
            Segment reset;
            reset.rst = true;
            reset.sequence = nxt_;
            out.add(reset);
            break;
        }
        default:
            break;
    }
    was_reset_ = true;
    enter_closed();
    return true;
}

void Endpoint::set_reading(bool reading, Outbox& out) {
    const bool was_closed = receive_window() == 0;
    reads_ = reading;
    if (reading) {
        unread_ = 0;
        if (was_closed && is_synchronized() && state_ != State::kTimeWait) {
            emit_ack(out);  // window update
        }
    }
}

std::uint32_t Endpoint::sent() const {
    const std::uint32_t beyond_syn = nxt_.value - iss_.value - 1;
    return beyond_syn - (fin_sent_ ? 1U : 0U);
}

std::uint32_t Endpoint::receive_window() const {
    const std::uint32_t room = habits_.buffer - std::min(habits_.buffer, unread_);
    return std::min<std::uint32_t>(room >> own_scale_, 0xffffU) << own_scale_;
}

std::uint16_t Endpoint::window_field(bool with_syn) const {
    const std::uint32_t room = habits_.buffer - std::min(habits_.buffer, unread_);
    return static_cast<std::uint16_t>(std::min(with_syn ? room : room >> own_scale_, 0xffffU));
}

Segment Endpoint::base(Number sequence) const {
    Segment segment;
    segment.ack = true;
    segment.sequence = sequence;
    segment.acknowledgment = rcv_nxt_;
    segment.window = window_field(false);
    if (timestamps_on_) {
        segment.has_timestamps = true;
        segment.timestamp = now_;
        segment.echo = ts_recent_;
    }
    return segment;
}

void Endpoint::emit(Segment segment, Outbox& out) {
    if (segment.ack) {
        owes_ack_ = false;
    }
    out.add(segment);
}

void Endpoint::emit_syn(Outbox& out) {
    Segment segment = base(iss_);
    const bool answers = state_ != State::kSynSent;
    segment.syn = true;
    segment.ack = answers;
    segment.acknowledgment = answers ? rcv_nxt_ : Number{};
    segment.window = window_field(true);
    segment.mss = habits_.mss;
    // An answer has what the SYN had; options of a SYN are offers (RFC 7323 section 2.2, 3.2).
    const bool scales = answers ? scaling_on_ : habits_.scales;
    if (scales) {
        segment.scale = habits_.scale;
    }
    segment.has_timestamps = answers ? timestamps_on_ : habits_.timestamps;
    segment.timestamp = segment.has_timestamps ? now_ : 0;
    segment.echo = answers && segment.has_timestamps ? ts_recent_ : 0;
    segment.sack_permitted = true;
    emit(segment, out);
}

void Endpoint::emit_ack(Outbox& out) {
    emit(base(nxt_), out);
}

void Endpoint::emit_data(std::uint32_t offset, std::uint32_t length, bool fin, Outbox& out) {
    Segment segment = base(iss_ + 1 + offset);
    segment.length = length;
    segment.fin = fin;
    for (unsigned i = 0; i < segment.sampled(); ++i) {
        segment.sample[i] = octet_of_stream(iss_.value, offset + i);
    }
    emit(segment, out);
}

void Endpoint::transmit(Outbox& out) {
    const bool may_send_data = state_ == State::kEstablished || state_ == State::kCloseWait ||
                               state_ == State::kFinWait1 || state_ == State::kLastAck;
    if (may_send_data && !fin_sent_) {
        while (sent() < queued_) {
            const std::int32_t room = ahead(una_ + snd_wnd_, nxt_);
            if (room <= 0) {
                return;
            }
            const std::uint32_t length =
                std::min({queued_ - sent(), habits_.most, static_cast<std::uint32_t>(room)});
            const bool last = sent() + length == queued_;
            const bool fin = last && closes_ && static_cast<std::uint32_t>(room) > length;
            const std::uint32_t offset = sent();
            nxt_ = nxt_ + length;
            if (fin) {
                nxt_ = nxt_ + 1;
                fin_sent_ = true;
                state_ = state_ == State::kCloseWait ? State::kLastAck : State::kFinWait1;
            }
            emit_data(offset, length, fin, out);
        }
    }
    const bool may_send_fin = state_ == State::kEstablished || state_ == State::kCloseWait ||
                              state_ == State::kSynReceived;
    if (closes_ && !fin_sent_ && may_send_fin && sent() == queued_) {
        const std::uint32_t offset = sent();
        nxt_ = nxt_ + 1;
        fin_sent_ = true;
        state_ = state_ == State::kCloseWait ? State::kLastAck : State::kFinWait1;
        emit_data(offset, 0, true, out);
    }
}

bool Endpoint::may_retransmit() const {
    switch (state_) {
        case State::kClosed:
        case State::kListen:
        case State::kFinWait2:
        case State::kTimeWait:
            return false;
        case State::kSynSent:
        case State::kSynReceived:
            return true;
        default:
            return una_ != nxt_ || (sent() < queued_ && !fin_sent_);
    }
}

void Endpoint::retransmit(Outbox& out) {
    if (!may_retransmit()) {
        return;
    }
    if (una_ == iss_) {
        return emit_syn(out);
    }
    const std::uint32_t offset = una_.value - iss_.value - 1;
    if (una_ == nxt_) {  // SND.WND is zero: a probe (section 3.8.6.1)
        nxt_ = nxt_ + 1;
        return emit_data(offset, 1, false, out);
    }
    const std::uint32_t length = std::min(sent() - std::min(sent(), offset), habits_.most);
    const bool fin = fin_sent_ && offset + length == sent();
    emit_data(offset, length, fin, out);
}

void Endpoint::acknowledge(Outbox& out) {
    if (owes_ack_) {
        emit_ack(out);
    }
}

bool Endpoint::keep_alive(Outbox& out) {
    if ((state_ != State::kEstablished && state_ != State::kCloseWait) || una_ != nxt_) {
        return false;
    }
    Segment segment = base(nxt_ - 1);  // section 3.8.4
    emit(segment, out);
    return true;
}

bool Endpoint::end_time_wait() {
    if (state_ != State::kTimeWait) {
        return false;
    }
    enter_closed();
    return true;
}

std::uint64_t Endpoint::hash() const {
    Hash hash;
    hash.add(static_cast<std::uint64_t>(state_) | std::uint64_t{incarnation_} << 8U |
             std::uint64_t{passive_} << 40U | std::uint64_t{closes_} << 41U |
             std::uint64_t{fin_sent_} << 42U | std::uint64_t{owes_ack_} << 43U |
             std::uint64_t{timestamps_on_} << 44U | std::uint64_t{reads_} << 45U |
             std::uint64_t{was_reset_} << 46U | std::uint64_t{got_fin_} << 47U |
             std::uint64_t{fin_is_waiting_} << 48U | std::uint64_t{scaling_on_} << 49U |
             std::uint64_t{piece_count_} << 56U);
    for (const Number number : {iss_, una_, nxt_, wl1_, wl2_, irs_, rcv_nxt_}) {
        hash.add(number.value);
    }
    for (const std::uint32_t value :
         {snd_wnd_, max_snd_wnd_, queued_, delivered_, unread_, ts_recent_, now_, fin_offset_}) {
        hash.add(value);
    }
    for (unsigned i = 0; i < piece_count_; ++i) {
        hash.add(std::uint64_t{pieces_[i].begin} << 32U | pieces_[i].end);
    }
    return hash.value();
}

}  // namespace synward::model
