// SPDX-License-Identifier: BSD-3-Clause
#include "worker/capture.h"

#include <algorithm>
#include <cstring>

#include "wire/parse.h"

namespace synward::worker {
namespace {

using wire::Reason;

void copy(const rte_mbuf& packet, std::uint8_t* target, std::uint32_t length) {
    for (const rte_mbuf* part = &packet; part != nullptr && length != 0; part = part->next) {
        const std::uint32_t here = std::min<std::uint32_t>(part->data_len, length);
        std::memcpy(target, rte_pktmbuf_mtod(part, const std::uint8_t*), here);
        target += here;
        length -= here;
    }
}

}  // namespace

Capture::Capture(const CaptureFilter& filter, const std::vector<defense::ServicePolicy>& services,
                 const std::vector<Port>& ports, std::uint32_t slots, std::uint32_t snap)
    : filter_{filter}, classifier_{services}, ring_{slots, snap} {
    for (const Port& port : ports) {
        side_of_port_[port.id] = port.side;
    }
}

void Capture::take_arrivals(const Batch& batch) {
    for (unsigned place = 0; place < batch.count; ++place) {
        const Reason reason = batch.reason_of(place);
        if (filter_.reasons[static_cast<std::size_t>(reason)]) {
            const rte_mbuf& packet = *batch.packets[place];
            take(packet, packet.port, batch.segments[place], reason,
                 batch.released ? CapturedAs::kReleased : CapturedAs::kArrival);
        }
    }
}

void Capture::take_departures(const Port& port, std::span<rte_mbuf* const> packets,
                              const Reason* reasons) {
    for (std::size_t place = 0; place < packets.size(); ++place) {
        const Reason reason = reasons[place];
        const bool is_own = wire::disposition(reason) == wire::Disposition::kOriginated;
        if (filter_.reasons[static_cast<std::size_t>(reason)] && (is_own || filter_.departures)) {
            wire::Segment segment;
            rte_mbuf& packet = *packets[place];
            wire::parse(first_buffer(packet), packet.pkt_len, opposite(side_of_port_[port.id]),
                        segment);
            take(packet, port.id, segment, reason, CapturedAs::kDeparture);
        }
    }
}

bool Capture::fits(const wire::FourTuple& tuple,
                   std::optional<defense::ServiceIndex> service) const {
    if (filter_.service && filter_.service != service) {
        return false;
    }
    if (filter_.port && filter_.port != tuple.outside_port && filter_.port != tuple.inside_port) {
        return false;
    }
    return !filter_.address || filter_.address->contains(tuple.outside_address) ||
           filter_.address->contains(tuple.inside_address);
}

void Capture::take(const rte_mbuf& packet, std::uint16_t port, const wire::Segment& segment,
                   Reason reason, CapturedAs as) {
    const wire::FourTuple& tuple = segment.tuple;
    const auto service = classifier_.service_of(tuple.inside_address, tuple.inside_port);
    if (!fits(tuple, service)) {
        return;
    }
    CapturedPacket* const captured = ring_.reserve();
    if (captured == nullptr) {
        return lost_.add(1);
    }
    *captured = {.time = now_,
                 .length = packet.pkt_len,
                 .kept = std::min(packet.pkt_len, ring_.snap()),
                 .port = port,
                 .service = service.value_or(CapturedPacket::kNoService),
                 .reason = reason,
                 .as = as};
    copy(packet, CaptureRing::bytes_of(*captured), captured->kept);
    ring_.publish();
}

}  // namespace synward::worker
