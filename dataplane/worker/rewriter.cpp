// SPDX-License-Identifier: BSD-3-Clause
#include "worker/rewriter.h"

#include <algorithm>
#include <cstring>

#include "tcp/splice.h"
#include "tcp/splice_icmp_error.h"
#include "tcp/window.h"
#include "wire/cut_data.h"
#include "wire/places.h"
#include "worker/thread_sanitizer.h"

namespace synward::worker {
namespace {

using defense::Action;
using defense::Connecting;
using defense::Verdict;
using wire::Direction;
using wire::only_timestamps;
using wire::Reason;
using wire::Segment;

// Ethernet's least frame without its check sequence: what a device would pad to.
constexpr std::uint32_t kLeastFrame = 60;

std::span<std::uint8_t> whole_buffer(rte_mbuf& packet) {
    return {rte_pktmbuf_mtod(&packet, std::uint8_t*),
            static_cast<std::size_t>(packet.buf_len - packet.data_off)};
}

/// Makes the packet one buffer of `length` bytes, padded as far as it was long before. Behind its
/// `length` bytes there are zeros for that. Returns its length.
inline std::uint32_t set_padded_length(rte_mbuf& packet, std::uint32_t length) {
    const std::uint32_t padded = std::max(length, std::min(packet.pkt_len, kLeastFrame));
    // packet.next would be a cache line more.
    if (packet.nb_segs != 1) [[unlikely]] {
        released_packet(packet.next);
        rte_pktmbuf_free(packet.next);
        packet.next = nullptr;
        packet.nb_segs = 1;
    }
    packet.data_len = static_cast<std::uint16_t>(padded);
    packet.pkt_len = padded;
    return padded;
}
/// The same, and makes the zeros.
void set_length(rte_mbuf& packet, std::uint32_t length) {
    const std::uint32_t padded = set_padded_length(packet, length);
    if (padded != length) {
        std::memset(rte_pktmbuf_mtod(&packet, std::uint8_t*) + length, 0, padded - length);
    }
}

}  // namespace

Rewriter::Rewriter(const std::vector<Port>& ports, defense::ConnectingPool& connecting,
                   defense::RememberedSyns& remembered_syns, HoldingRoom& holding_room,
                   Transmitter& transmitter, Counters& counters)
    : connecting_{connecting},
      remembered_syns_{remembered_syns},
      holding_room_{holding_room},
      transmitter_{transmitter},
      counters_{counters} {
    for (const Port& port : ports) {
        peers_[port.id] = port.peer_id;
        buffers_[port.id] = port.buffers;
    }
    released_.reserve(std::size_t{kBatchSize} * HoldingRoom::kMostSegments);
}

inline void Rewriter::send_back(rte_mbuf* packet, std::uint32_t length, Reason reason) {
    set_length(*packet, length);
    transmitter_.send(packet, packet->port, reason);
}

void Rewriter::splice(const Verdict& verdict, rte_mbuf* packet, const Segment& segment) {
    if (!tcp::splice(first_buffer(*packet), segment, verdict.translation)) [[unlikely]] {
        return transmitter_.drop(packet, Reason::kTcpOptionLength);
    }
    transmitter_.send(packet, peer_of(packet->port), verdict.reason);
}

void Rewriter::change(const Verdict& verdict, rte_mbuf* packet, Segment& segment) {
    const std::uint16_t port_id = packet->port;
    switch (verdict.action) {
        case Action::kForwardWithoutData:
            set_length(*packet, wire::cut_data(first_buffer(*packet), segment));
            return transmitter_.send(packet, peer_of(port_id), verdict.reason);
        case Action::kSpliceIcmpError:
            tcp::splice_icmp_error(first_buffer(*packet), segment,
                                   verdict.translation.sequence_delta);
            return transmitter_.send(packet, peer_of(port_id), verdict.reason);
        case Action::kForward:
        case Action::kSplice:
        case Action::kDrop:
            return;  // carry_out() has
        case Action::kAnswerSyn:
            return answer_syn(verdict, packet, segment);
        case Action::kAnswerRefused: {
            // RFC 9293 section 3.10.7.1.
            const wire::TcpFields fields{.acknowledgment = verdict.acknowledgment,
                                         .flags = wire::kRst | wire::kAck};
            return send_back(
                packet,
                wire::write_segment(whole_buffer(*packet), segment, Direction::kOpposite, fields),
                verdict.reason);
        }
        case Action::kConnectServer:
            return connect_server(verdict, packet, segment);
        case Action::kHold:
            counters_.count(verdict.reason);
            counters_.held_now.add(1);
            return holding_room_.keep(verdict.connecting, packet);
        case Action::kJoin:
            return join(verdict, packet, segment);
        case Action::kResetSender:
        case Action::kAnswerReset: {
            const wire::TcpFields fields{.sequence = verdict.sequence, .flags = wire::kRst};
            send_back(
                packet,
                wire::write_segment(whole_buffer(*packet), segment, Direction::kOpposite, fields),
                verdict.reason);
            if (verdict.action == Action::kAnswerReset) {
                send_syn(verdict.connecting, Reason::kSynToServerAgain);
            }
            return;
        }
        case Action::kAbortServer:
        case Action::kRefuseClient: {
            const bool acknowledges = verdict.action == Action::kRefuseClient;
            const wire::TcpFields fields{
                .sequence = verdict.sequence,
                .acknowledgment = verdict.acknowledgment,
                .flags = static_cast<std::uint8_t>(wire::kRst | (acknowledges ? wire::kAck : 0U))};
            set_length(*packet, wire::write_segment(whole_buffer(*packet), segment,
                                                    Direction::kSame, fields));
            return transmitter_.send(packet, peer_of(port_id), verdict.reason);
        }
    }
}

void Rewriter::answer_usual_syns(Batch& batch, unsigned first, unsigned count) {
    const auto length_of = [&batch](unsigned place) {
        return wire::has_place(batch.headers.linux_syns(), place) ? wire::kLinuxSynAckLength
                                                                  : wire::kBareSynAckLength;
    };
    wire::write_syn_acks(batch.headers, batch.answers.syn_acks, first, count, batch.frames);
    const std::uint64_t run = wire::first_places(count) << first;
    wire::for_each_place(batch.answers.remembered & run, [&](unsigned place) {
        remembered_syns_.keep_frame(batch.answers.numbers[place], batch.frames[place].bytes,
                                    length_of(place), batch.packets[place]->port);
    });
    for (unsigned place = first; place < first + count; ++place) {
        rte_mbuf* const packet = batch.packets[place];
        set_padded_length(*packet, length_of(place));
        transmitter_.send_single(packet, packet->port, Reason::kSynChallenged);
    }
}

void Rewriter::answer_syn(const Verdict& verdict, rte_mbuf* packet, Segment& segment) {
    const wire::TcpFields fields{
        .sequence = verdict.sequence,
        .acknowledgment = verdict.acknowledgment,
        .window = verdict.window,
        .flags =
            static_cast<std::uint8_t>(wire::kSyn | wire::kAck | (verdict.ecn ? wire::kEce : 0U)),
    };
    set_length(*packet, wire::write_segment(whole_buffer(*packet), segment, Direction::kOpposite,
                                            fields, verdict.options));
    if (verdict.remembered != defense::RememberedSyns::kNone) {
        remembered_syns_.keep_frame(verdict.remembered, rte_pktmbuf_mtod(packet, std::uint8_t*),
                                    packet->data_len, packet->port);
    }
    transmitter_.send_single(packet, packet->port, verdict.reason);
}

void Rewriter::send_syn_ack_again(const defense::RememberedSyns::Entry& entry) {
    rte_mbuf* const syn_ack = packet_from(entry.bytes(), entry.port_id);
    if (syn_ack == nullptr) {
        counters_.originated_lost.add(1);
        return;
    }
    transmitter_.send(syn_ack, entry.port_id, Reason::kSynAckAgain);
}

void Rewriter::connect_server(const Verdict& verdict, rte_mbuf* packet, Segment& segment) {
    const std::uint16_t port_id = packet->port;
    Connecting& connecting = connecting_.at(verdict.connecting);
    prepare_syn(connecting, *packet, segment);
    holding_room_.open(verdict.connecting, port_id);
    if (wire::disposition(verdict.reason) == wire::Disposition::kHeld) {
        counters_.count(verdict.reason);
        counters_.held_now.add(1);
        holding_room_.keep(verdict.connecting, packet);
        return send_syn(verdict.connecting, Reason::kSynToServer);
    }
    std::memcpy(rte_pktmbuf_mtod(packet, std::uint8_t*), connecting.frame.data(),
                connecting.frame_length);
    set_length(*packet, connecting.frame_length);
    transmitter_.send(packet, peer_of(port_id), verdict.reason);
}

void Rewriter::prepare_syn(Connecting& connecting, const rte_mbuf& packet, const Segment& segment) {
    const wire::TcpFields fields{
        .sequence = connecting.client_isn,
        .window = connecting.syn_window,
        .flags =
            static_cast<std::uint8_t>(wire::kSyn | (connecting.ecn ? wire::kEce | wire::kCwr : 0U)),
    };
    std::memcpy(connecting.frame.data(), rte_pktmbuf_mtod(&packet, const std::uint8_t*),
                segment.ip_offset);
    connecting.syn = segment;
    connecting.frame_length = static_cast<std::uint16_t>(wire::write_segment(
        connecting.frame, connecting.syn, Direction::kSame, fields, connecting.options));
}

void Rewriter::join(const Verdict& verdict, rte_mbuf* packet, Segment& segment) {
    tell_client_window(verdict, *packet, segment);
    const auto& theirs = verdict.options.timestamps;
    const auto options = only_timestamps(verdict.translation.timestamps && theirs,
                                         verdict.timestamp_to_server, theirs ? theirs->value : 0);
    const wire::TcpFields fields{.sequence = segment.acknowledgment,
                                 .acknowledgment = segment.end(),
                                 .window = verdict.window,
                                 .flags = wire::kAck};
    send_back(
        packet,
        wire::write_segment(whole_buffer(*packet), segment, Direction::kOpposite, fields, options),
        verdict.reason);
    const auto held = holding_room_.take(verdict.connecting);
    released_.insert(released_.end(), held.begin(), held.end());
}

void Rewriter::tell_client_window(const Verdict& verdict, const rte_mbuf& syn_ack,
                                  const Segment& segment) {
    rte_mbuf* const update = copy_of_link_headers(syn_ack, segment);
    if (update == nullptr) {
        counters_.originated_lost.add(1);
        return;
    }
    Segment written = segment;
    const auto& theirs = verdict.options.timestamps;
    const auto options =
        only_timestamps(verdict.translation.timestamps && theirs,
                        (theirs ? theirs->value : 0) + verdict.translation.timestamp_delta,
                        verdict.timestamp_to_server);
    const wire::TcpFields fields{.sequence = segment.end() + verdict.translation.sequence_delta,
                                 .acknowledgment = segment.acknowledgment,
                                 .window = tcp::rescaled_window(segment.window, tcp::kNoWindowScale,
                                                                verdict.translation.promised_scale),
                                 .flags = wire::kAck};
    const std::uint32_t length =
        wire::write_segment(whole_buffer(*update), written, Direction::kSame, fields, options);
    set_length(*update, length);
    transmitter_.send(update, peer_of(syn_ack.port), Reason::kWindowUpdate);
}

rte_mbuf* Rewriter::copy_of_link_headers(const rte_mbuf& packet, const Segment& segment) {
    return packet_from({rte_pktmbuf_mtod(&packet, const std::uint8_t*), segment.ip_offset},
                       packet.port);
}

rte_mbuf* Rewriter::packet_from(std::span<const std::uint8_t> frame, std::uint16_t port_id) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(buffers_[port_id]);
    if (packet == nullptr) {
        return nullptr;
    }
    acquired_packet(packet);
    if (rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size())) == nullptr) {
        rte_pktmbuf_free(packet);
        return nullptr;
    }
    std::memcpy(rte_pktmbuf_mtod(packet, std::uint8_t*), frame.data(), frame.size());
    packet->port = port_id;
    return packet;
}

void Rewriter::send_syn(std::uint32_t number, Reason reason) {
    const Connecting& connecting = connecting_.at(number);
    const std::uint16_t port_id = holding_room_.client_port_id(number);
    rte_mbuf* const syn = packet_from({connecting.frame.data(), connecting.frame_length}, port_id);
    if (syn == nullptr) {
        counters_.originated_lost.add(1);
        return;
    }
    transmitter_.send(syn, peer_of(port_id), reason);
}

void Rewriter::originate(const defense::Origination& origination) {
    const defense::LinkHeader& link = origination.link;
    rte_mbuf* const packet =
        link.is_known() ? packet_from({link.bytes.data(), link.length}, link.port) : nullptr;
    if (packet == nullptr) {
        counters_.originated_lost.add(1);
        return;
    }
    const bool goes_on = origination.to != link.from;
    Segment written;
    written.tuple = origination.tuple;
    written.from = link.from;
    written.ip_offset = link.length;
    set_length(*packet, wire::write_segment(whole_buffer(*packet), written,
                                            goes_on ? Direction::kSame : Direction::kOpposite,
                                            origination.fields, origination.options));
    transmitter_.send(packet, goes_on ? peer_of(link.port) : link.port, origination.reason);
}

void Rewriter::reset_client(std::uint32_t number, Reason reason) {
    const Connecting& connecting = connecting_.at(number);
    const std::uint16_t port_id = holding_room_.client_port_id(number);
    rte_mbuf* const reset =
        packet_from({connecting.frame.data(), connecting.frame_length}, port_id);
    if (reset == nullptr) {
        counters_.originated_lost.add(1);
        return;
    }
    Segment written = connecting.syn;
    const wire::TcpFields fields{.sequence = connecting.promised_sequence + 1,
                                 .acknowledgment = connecting.client_isn + 1,
                                 .flags = wire::kRst | wire::kAck};
    set_length(*reset,
               wire::write_segment(whole_buffer(*reset), written, Direction::kOpposite, fields));
    transmitter_.send(reset, port_id, reason);
}

void Rewriter::drop_held(std::uint32_t number, Reason reason) {
    for (rte_mbuf* const packet : holding_room_.take(number)) {
        counters_.held_now.subtract(1);
        transmitter_.drop(packet, reason);
    }
}

}  // namespace synward::worker
