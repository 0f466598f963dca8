// SPDX-License-Identifier: BSD-3-Clause
#include "worker/transmitter.h"

#include <rte_ethdev.h>

#include "worker/thread_sanitizer.h"

namespace synward::worker {
namespace {
// A software device may need the kernel's attention between two bursts; a full hardware ring
// empties within this many tries or not soon.
constexpr unsigned kTransmitTries = 8;
}  // namespace

Transmitter::Transmitter(const std::vector<Port>& ports, std::uint16_t worker, HandOver& hand_over,
                         Counters& counters, const CaptureSeat& capture_seat)
    : worker_{worker},
      hand_over_{hand_over},
      counters_{counters},
      capture_seat_{capture_seat},
      outgoing_(ports.size()) {
    for (std::size_t place = 0; place < ports.size(); ++place) {
        outgoing_of_port_[ports[place].id] = &outgoing_[place];
        outgoing_[place].port = &ports[place];
        outgoing_[place].takes_chains = ports[place].takes_chains;
    }
}

void Transmitter::send_linearized(rte_mbuf* packet, Outgoing& outgoing, wire::Reason reason) {
    if (rte_pktmbuf_linearize(packet) != 0) {
        return refuse(packet, reason, wire::Reason::kNoBuffer);
    }
    send(packet, outgoing.port->id, reason);
}

void Transmitter::free_dropped() {
    // What rte_pktmbuf_free_bulk() does, for nearly all without a look at their second cache line.
    std::array<void*, kBatchSize> plain;
    unsigned plain_count = 0;
    rte_mempool* const pool = dropped_[0]->pool;
    for (unsigned place = 0; place < dropped_count_; ++place) {
        rte_mbuf* const packet = dropped_[place];
        released_packet(packet);
        const bool is_plain = packet->nb_segs == 1 && packet->pool == pool &&
                              RTE_MBUF_DIRECT(packet) && rte_mbuf_refcnt_read(packet) == 1;
        if (!is_plain) [[unlikely]] {
            rte_pktmbuf_free(packet);
            continue;
        }
        plain[plain_count++] = packet;
    }
    rte_mempool_put_bulk(pool, plain.data(), plain_count);
    dropped_count_ = 0;
}

void Transmitter::refuse(rte_mbuf* packet, wire::Reason reason, wire::Reason refusal) {
    if (wire::disposition(reason) == wire::Disposition::kOriginated) {
        counters_.originated_lost.add(1);
        released_packet(packet);
        rte_pktmbuf_free(packet);
    } else {
        drop(packet, refusal);
    }
}

void Transmitter::flush() {
    for (Outgoing& outgoing : outgoing_) {
        if (outgoing.count != 0) {
            flush(outgoing);
        }
    }
    if (dropped_count_ != 0) {
        free_dropped();
    }
}

void Transmitter::flush(Outgoing& outgoing) {
    const Port& port = *outgoing.port;
    const std::uint16_t queue = queue_of(worker_, port.link, hand_over_.workers());
    if (queue < port.transmit_queues) {
        return flush_to_device(port, queue, outgoing);
    }
    // The device has fewer queues than there are workers: the queue's owner sends it.
    const std::uint16_t owner = worker_of(static_cast<std::uint16_t>(queue % port.transmit_queues),
                                          port.link, hand_over_.workers());
    for (unsigned index = 0; index < outgoing.count; ++index) {
        rte_mbuf* const packet = outgoing.packets[index];
        const wire::Reason reason = outgoing.reasons[index];
        const bool counts = wire::disposition(reason) != wire::Disposition::kOriginated;
        if (!hand_over_.give_to_send(worker_, owner, packet, port.id, reason)) {
            refuse(packet, reason, wire::Reason::kHandOverFull);
        } else if (counts) {
            counters_.handed_over.add(1);
        }
    }
    outgoing.count = 0;
}

void Transmitter::count(std::span<const wire::Reason> reasons) {
    // Neighbours mostly share their reason.
    for (std::size_t first = 0; first < reasons.size();) {
        std::size_t end = first + 1;
        while (end < reasons.size() && reasons[end] == reasons[first]) {
            ++end;
        }
        counters_.count(reasons[first], end - first);
        first = end;
    }
}

void Transmitter::flush_to_device(const Port& port, std::uint16_t queue, Outgoing& outgoing) {
    if (capture_seat_.capture != nullptr) [[unlikely]] {
        capture_seat_.capture->take_departures(port, {outgoing.packets.data(), outgoing.count},
                                               outgoing.reasons.data());
    }
    unsigned sent = 0;
    for (unsigned attempt = 0; sent < outgoing.count && attempt < kTransmitTries; ++attempt) {
        sent += rte_eth_tx_burst(port.id, queue, &outgoing.packets[sent],
                                 static_cast<std::uint16_t>(outgoing.count - sent));
    }
    count(std::span{outgoing.reasons.data(), sent});
    for (unsigned index = sent; index < outgoing.count; ++index) {
        refuse(outgoing.packets[index], outgoing.reasons[index], wire::Reason::kTransmitFull);
    }
    outgoing.count = 0;
}

}  // namespace synward::worker
