// SPDX-License-Identifier: BSD-3-Clause
//
// SEGMENT ARRIVES: RFC 9293 section 3.10.7, in its order.
#include "endpoint.h"

namespace synward::model {

void Endpoint::answer_with_reset(const Segment& segment, Outbox& out) const {
    Segment reset;
    reset.rst = true;
    if (segment.ack) {
        reset.sequence = segment.acknowledgment;
    } else {
        reset.ack = true;
        reset.acknowledgment = segment.end();
    }
    out.add(reset);
}

Treatment Endpoint::receive(const Segment& segment, std::uint32_t now, Outbox& out) {
    now_ = now;
    Treatment treatment = Treatment::kIgnored;
    switch (state_) {
        case State::kClosed:  // 3.10.7.1
            if (!segment.rst) {
                answer_with_reset(segment, out);
                return Treatment::kAnswered;
            }
            return Treatment::kIgnored;
        case State::kListen:
            treatment = in_listen(segment, out);
            break;
        case State::kSynSent:
            treatment = in_syn_sent(segment, out);
            break;
        default:
            treatment = in_others(segment, out);
            break;
    }
    if (owes_ack_ && !habits_.delays_acks) {
        emit_ack(out);
    }
    return treatment;
}

void Endpoint::learn_options(const Segment& syn) {
    scaling_on_ = habits_.scales && syn.scale.has_value();
    own_scale_ = scaling_on_ ? habits_.scale : std::uint8_t{0};
    peer_scale_ = scaling_on_ ? *syn.scale : std::uint8_t{0};
    timestamps_on_ = habits_.timestamps && syn.has_timestamps;
    ts_recent_ = syn.timestamp;
}

void Endpoint::take_window(const Segment& segment) {
    snd_wnd_ = segment.syn ? segment.window : std::uint32_t{segment.window} << peer_scale_;
    max_snd_wnd_ = std::max(max_snd_wnd_, snd_wnd_);
    wl1_ = segment.sequence;
    wl2_ = segment.acknowledgment;
}

Treatment Endpoint::in_listen(const Segment& segment, Outbox& out) {  // 3.10.7.2
    if (segment.rst) {
        return Treatment::kIgnored;
    }
    if (segment.ack) {
        answer_with_reset(segment, out);
        return Treatment::kAnswered;
    }
    if (!segment.syn) {
        return Treatment::kIgnored;
    }
    begin_connection();
    passive_ = true;
    irs_ = segment.sequence;
    rcv_nxt_ = segment.sequence + 1;
    learn_options(segment);
    take_window(segment);
    state_ = State::kSynReceived;
    emit_syn(out);
    return Treatment::kProcessed;
}

Treatment Endpoint::in_syn_sent(const Segment& segment, Outbox& out) {  // 3.10.7.3
    if (segment.ack && segment.acknowledgment != nxt_) {
        if (segment.rst) {
            return Treatment::kIgnored;
        }
        answer_with_reset(segment, out);
        return Treatment::kAnswered;
    }
    if (segment.rst) {
        if (!segment.ack) {
            return Treatment::kIgnored;
        }
        was_reset_ = true;
        enter_closed();
        return Treatment::kProcessed;
    }
    if (!segment.syn) {
        return Treatment::kIgnored;
    }
    irs_ = segment.sequence;
    rcv_nxt_ = segment.sequence + 1;
    learn_options(segment);
    take_window(segment);
    if (segment.ack) {
        una_ = segment.acknowledgment;
        state_ = State::kEstablished;
        owes_ack_ = true;
        transmit(out);
    } else {
        state_ = State::kSynReceived;
        emit_syn(out);
    }
    return Treatment::kProcessed;
}

bool Endpoint::is_acceptable(const Segment& segment) const {
    const std::uint32_t window = receive_window();
    const auto in_window = [&](Number number) {
        return ahead(number, rcv_nxt_) >= 0 &&
               ahead(number, rcv_nxt_) < static_cast<std::int32_t>(window);
    };
    const std::uint32_t length = segment.sequence_length();
    if (window == 0) {
        // "special allowance should be made to accept valid ACKs, URGs, and RSTs"
        return segment.sequence == rcv_nxt_;
    }
    if (length == 0) {
        return in_window(segment.sequence);
    }
    return in_window(segment.sequence) || in_window(segment.sequence + (length - 1));
}

/// RFC 9293 section 3.6.1 MAY-2, RFC 6191.
bool Endpoint::may_reopen(const Segment& syn) const {
    if (timestamps_on_ && syn.has_timestamps && syn.timestamp != ts_recent_) {
        return static_cast<std::int32_t>(syn.timestamp - ts_recent_) > 0;
    }
    return ahead(syn.sequence, rcv_nxt_) > 0;
}

Treatment Endpoint::take_reset(const Segment& segment, Outbox& out) {
    if (segment.sequence != rcv_nxt_) {  // RFC 5961 section 3
        emit_ack(out);
        return Treatment::kAnswered;
    }
    if (state_ == State::kTimeWait) {  // RFC 1337
        return Treatment::kIgnored;
    }
    was_reset_ = !(state_ == State::kSynReceived && passive_);
    enter_closed();
    return Treatment::kProcessed;
}

Treatment Endpoint::in_others(const Segment& segment, Outbox& out) {  // 3.10.7.4
    if (state_ == State::kTimeWait && habits_.listens && segment.syn && !segment.ack &&
        !segment.rst && may_reopen(segment)) {
        state_ = State::kListen;
        return in_listen(segment, out);
    }
    // First: the sequence number, and PAWS before it (RFC 7323 section 5.3).
    if (timestamps_on_ && !segment.rst) {
        if (!segment.has_timestamps && habits_.insists_on_timestamps) {
            return Treatment::kIgnored;
        }
        if (segment.has_timestamps &&
            static_cast<std::int32_t>(segment.timestamp - ts_recent_) < 0) {
            emit_ack(out);
            return Treatment::kAnswered;
        }
    }
    if (!is_acceptable(segment)) {
        if (segment.rst) {
            return Treatment::kIgnored;
        }
        emit_ack(out);
        return Treatment::kAnswered;
    }
    if (segment.has_timestamps && timestamps_on_ && !segment.rst &&
        ahead(segment.sequence, rcv_nxt_) <= 0) {
        ts_recent_ = segment.timestamp;
    }
    // Second: RST.
    if (segment.rst) {
        return take_reset(segment, out);
    }
    // Fourth: SYN.
    if (segment.syn) {
        if (state_ == State::kSynReceived && passive_) {
            enter_closed();
            return Treatment::kProcessed;
        }
        emit_ack(out);  // RFC 5961 section 4
        return Treatment::kAnswered;
    }
    // Fifth: ACK.
    if (!segment.ack) {
        return Treatment::kIgnored;
    }
    const Number acknowledgment = segment.acknowledgment;
    if (state_ == State::kSynReceived) {
        if (ahead(acknowledgment, una_) <= 0 || ahead(acknowledgment, nxt_) > 0) {
            answer_with_reset(segment, out);
            return Treatment::kAnswered;
        }
        state_ = State::kEstablished;
        take_window(segment);
    }
    if (ahead(acknowledgment, nxt_) > 0 || is_too_old(acknowledgment)) {
        emit_ack(out);
        return Treatment::kAnswered;
    }
    if (ahead(acknowledgment, una_) > 0) {
        una_ = acknowledgment;
    }
    if (ahead(acknowledgment, una_) >= 0 &&
        (ahead(segment.sequence, wl1_) > 0 ||
         (segment.sequence == wl1_ && ahead(acknowledgment, wl2_) >= 0))) {
        take_window(segment);
    }
    if (is_fin_acknowledged()) {
        if (state_ == State::kFinWait1) {
            state_ = State::kFinWait2;
        } else if (state_ == State::kClosing) {
            state_ = State::kTimeWait;
        } else if (state_ == State::kLastAck) {
            enter_closed();
            return Treatment::kProcessed;
        }
    }
    // Seventh and eighth: the text and the FIN.
    if (segment.length != 0 || segment.fin) {
        take_text(segment);
    }
    transmit(out);
    return Treatment::kProcessed;
}

void Endpoint::take_text(const Segment& segment) {
    owes_ack_ = true;
    if (state_ != State::kEstablished && state_ != State::kFinWait1 && state_ != State::kFinWait2) {
        return;
    }
    const std::int64_t begin = ahead(segment.sequence, irs_ + 1);
    const std::int64_t end = begin + segment.length;
    const std::int64_t window_end = std::int64_t{delivered_} + receive_window();
    for (unsigned i = 0; i < segment.sampled() && begin >= 0 && knows_peer_key_; ++i) {
        got_foreign_data_ |=
            segment.sample[i] != octet_of_stream(peer_key_, static_cast<std::uint32_t>(begin) + i);
    }
    if (segment.fin && end <= window_end && end >= delivered_) {
        fin_is_waiting_ = true;
        fin_offset_ = static_cast<std::uint32_t>(end);
    }
    if (const std::int64_t last = std::min(end, window_end); last > delivered_) {
        remember_out_of_order(static_cast<std::uint32_t>(std::max(begin, std::int64_t{delivered_})),
                              static_cast<std::uint32_t>(last));
    }
    // What is in order now is delivered.
    const std::uint32_t before = delivered_;
    for (bool found = true; found;) {
        found = false;
        for (unsigned i = 0; i < piece_count_; ++i) {
            if (pieces_[i].begin <= delivered_) {
                delivered_ = std::max(delivered_, pieces_[i].end);
                pieces_[i] = pieces_[--piece_count_];
                found = true;
                break;
            }
        }
    }
    if (!reads_) {
        unread_ += delivered_ - before;
    }
    rcv_nxt_ = irs_ + 1 + delivered_;
    if (fin_is_waiting_ && fin_offset_ == delivered_) {
        take_fin();
    }
}

void Endpoint::remember_out_of_order(std::uint32_t begin, std::uint32_t end) {
    if (begin <= delivered_ || piece_count_ < pieces_.size()) {
        if (piece_count_ == pieces_.size()) {  // in order goes first
            piece_count_--;
        }
        // Kept sorted, so that the order of arrival leaves no trace.
        unsigned place = piece_count_++;
        for (; place > 0 && (pieces_[place - 1].begin > begin ||
                             (pieces_[place - 1].begin == begin && pieces_[place - 1].end > end));
             --place) {
            pieces_[place] = pieces_[place - 1];
        }
        pieces_[place] = {begin, end};
    }
}

void Endpoint::take_fin() {
    fin_is_waiting_ = false;
    got_fin_ = true;
    rcv_nxt_ = rcv_nxt_ + 1;
    switch (state_) {
        case State::kEstablished:
            state_ = State::kCloseWait;
            break;
        case State::kFinWait1:
            state_ = State::kClosing;  // were its own FIN acknowledged, it would be FIN-WAIT-2
            break;
        case State::kFinWait2:
            state_ = State::kTimeWait;
            break;
        default:
            break;
    }
}

}  // namespace synward::model
