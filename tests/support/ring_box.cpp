// SPDX-License-Identifier: BSD-3-Clause
#include "support/ring_box.h"

#include <gtest/gtest.h>
#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <rte_mempool.h>

#include <algorithm>
#include <stdexcept>

#include "worker/thread_sanitizer.h"

namespace synward::test {
namespace {

using wire::Disposition;
using wire::Side;

constexpr unsigned kBuffers = 40'000;
constexpr std::uint16_t kBufferRoom = 2048;
constexpr std::size_t kBurst = 64;

/// What the test's own frames are made of; the same for all boxes of a process.
rte_mempool* buffers() {
    static rte_mempool* const pool = rte_pktmbuf_pool_create(
        "test_frames", kBuffers, 256, 0, kBufferRoom + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
    if (pool == nullptr) {
        throw std::runtime_error{"no memory for the test's frames"};
    }
    return pool;
}

/// A frame that only carries the time.
const Bytes& tick() {
    static const Bytes frame = [] {
        Bytes bytes(60, 0x7c);
        bytes[12] = 0x88;  // IEEE 802 local experimental
        bytes[13] = 0xb5;
        return bytes;
    }();
    return frame;
}

Bytes bytes_of(const rte_mbuf& packet) {
    Bytes bytes;
    bytes.reserve(packet.pkt_len);
    for (const rte_mbuf* part = &packet; part != nullptr; part = part->next) {
        const auto* const data = rte_pktmbuf_mtod(part, const std::uint8_t*);
        bytes.insert(bytes.end(), data, data + part->data_len);
    }
    return bytes;
}

// The devices hand packets from thread to thread, which the thread sanitizer cannot see.

std::uint16_t note_arrival(std::uint16_t, std::uint16_t, rte_mbuf** packets, std::uint16_t count,
                           std::uint16_t, void*) {
    for (std::uint16_t place = 0; place < count; ++place) {
        worker::acquired_packet(packets[place]);
    }
    return count;
}

std::uint16_t note_departure(std::uint16_t, std::uint16_t, rte_mbuf** packets, std::uint16_t count,
                             void*) {
    for (std::uint16_t place = 0; place < count; ++place) {
        worker::released_packet(packets[place]);
    }
    return count;
}

void append(rte_mbuf& packet, std::span<const std::uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(),
              reinterpret_cast<std::uint8_t*>(
                  rte_pktmbuf_append(&packet, static_cast<std::uint16_t>(bytes.size()))));
}

}  // namespace

RingBox::RingBox(const defense::Policy& policy, const BoxSettings& settings)
    : policy_{policy}, settings_{settings} {
    rte_mbuf_dyn_rx_timestamp_register(&stamp_offset_, &stamp_flag_);
    worker::EngineSettings engine_settings{.workers = settings.workers,
                                           .steers_by_software = settings.steers_by_software,
                                           .clock = settings.clock,
                                           .flow_capacity = settings.flow_capacity,
                                           .packet_buffers = 1024};
    for (unsigned link = 0; link < settings.links; ++link) {
        ports_.push_back(make_port());
        ports_.push_back(make_port());
        engine_settings.links.push_back({ports_[link * 2].id, ports_[link * 2 + 1].id});
    }
    engine_ = std::make_unique<worker::Engine>(engine_settings, policy_);
    for (const worker::Port& port : engine_->ports()) {
        for (std::uint16_t queue = 0; queue < settings.queues; ++queue) {
            rte_eth_add_rx_callback(port.id, queue, note_arrival, nullptr);
            rte_eth_add_tx_callback(port.id, queue, note_departure, nullptr);
        }
    }
}

RingBox::~RingBox() {
    finish();
}

RingBox::RingPort RingBox::make_port() {
    static unsigned next_name = 0;
    RingPort port;
    port.name = "net_ring_" + std::to_string(next_name++);
    std::vector<rte_ring*> receive;
    std::vector<rte_ring*> transmit;
    for (unsigned queue = 0; queue < settings_.queues; ++queue) {
        const auto make = [&](const char* kind, unsigned places, std::vector<Ring>& owners,
                              std::vector<rte_ring*>& rings) {
            const std::string name = port.name + kind + std::to_string(queue);
            rings.push_back(rte_ring_create(name.c_str(), places, SOCKET_ID_ANY,
                                            RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ));
            owners.emplace_back(rings.back());
        };
        make("rx", settings_.receive_places, port.receive, receive);
        make("tx", settings_.transmit_places, port.transmit, transmit);
    }
    const int id = rte_eth_from_rings(port.name.c_str(), receive.data(), settings_.queues,
                                      transmit.data(), settings_.queues, 0);
    if (id < 0) {
        throw std::runtime_error{"no ring device: " + std::string{rte_strerror(rte_errno)}};
    }
    port.id = static_cast<std::uint16_t>(id);
    return port;
}

rte_mbuf* RingBox::packet_of(std::span<const std::uint8_t> frame) {
    rte_mbuf* first = nullptr;
    do {
        rte_mbuf* const part = rte_pktmbuf_alloc(buffers());
        if (part == nullptr) {
            rte_pktmbuf_free(first);
            return nullptr;
        }
        worker::acquired_packet(part);
        const std::size_t length = std::min<std::size_t>(frame.size(), kBufferRoom);
        append(*part, frame.first(length));
        frame = frame.subspan(length);
        if (first == nullptr) {
            first = part;
        } else {
            rte_pktmbuf_chain(first, part);
        }
    } while (!frame.empty());
    return first;
}

bool RingBox::give(Side side, QueueId queue, rte_mbuf* packet) {
    if (packet == nullptr) {
        return false;
    }
    if (settings_.clock == worker::Clock::Source::kPacket) {
        *RTE_MBUF_DYNFIELD(packet, stamp_offset_, rte_mbuf_timestamp_t*) =
            static_cast<rte_mbuf_timestamp_t>(time_.count());
        packet->ol_flags |= stamp_flag_;
    }
    worker::released_packet(packet);
    if (rte_ring_enqueue(port(side, queue.link).receive[queue.queue].get(), packet) != 0) {
        rte_pktmbuf_free(packet);
        return false;
    }
    ++injected_;
    return true;
}

bool RingBox::try_inject(Side side, std::span<const std::uint8_t> frame, QueueId queue) {
    return give(side, queue, packet_of(frame));
}

void RingBox::inject(Side side, const Bytes& frame, QueueId queue) {
    EXPECT_TRUE(try_inject(side, frame, queue)) << "no room for the test's own frame";
}

void RingBox::inject_chain(Side side, std::span<const Bytes> pieces, QueueId queue) {
    rte_mbuf* const first = packet_of(pieces.front());
    for (const Bytes& piece : pieces.subspan(1)) {
        rte_pktmbuf_chain(first, packet_of(piece));
    }
    EXPECT_TRUE(give(side, queue, first)) << "no room for the test's own frame";
}

void RingBox::run() {
    // A turn without packets may still have sent one of the box's own through another worker.
    for (unsigned quiet = 0; quiet < 2; ++quiet) {
        while (turn_(*engine_) != 0) {
            quiet = 0;
        }
    }
    collect();
}

void RingBox::collect() {
    std::array<void*, kBurst> packets;
    for (RingPort& port : ports_) {
        for (const Ring& ring : port.transmit) {
            while (const unsigned count =
                       rte_ring_dequeue_burst(ring.get(), packets.data(), kBurst, nullptr)) {
                for (unsigned place = 0; place < count; ++place) {
                    take_in(port, static_cast<rte_mbuf*>(packets[place]));
                }
            }
        }
    }
}

void RingBox::take_in(RingPort& port, rte_mbuf* packet) {
    ++collected_;
    worker::acquired_packet(packet);
    if (settings_.keeps_frames) {
        Bytes bytes = bytes_of(*packet);
        if (bytes != tick()) {
            port.left.push_back(std::move(bytes));
        }
    }
    worker::released_packet(packet);
    rte_pktmbuf_free(packet);
}

void RingBox::advance(std::chrono::microseconds duration) {
    time_ += duration;
    for (std::uint16_t worker = 0; worker < settings_.workers; ++worker) {
        const std::uint16_t queue = worker::queue_of(worker, 0, settings_.workers);
        ASSERT_LT(queue, settings_.queues) << "a worker without a queue sees no time";
        inject(Side::kOutside, tick(), {.link = 0, .queue = queue});
    }
    run();
}

std::vector<Bytes> RingBox::take(Side side, std::uint16_t link) {
    return std::exchange(port(side, link).left, {});
}

Bytes RingBox::take_only(Side side, std::uint16_t link) {
    std::vector<Bytes> frames = take(side, link);
    EXPECT_EQ(frames.size(), 1U) << "frames at the " << (side == Side::kOutside ? "out" : "in")
                                 << "side";
    return frames.size() == 1 ? std::move(frames.front()) : Bytes{};
}

std::uint64_t RingBox::count(wire::Reason reason) const {
    return engine_->totals().by_reason[static_cast<std::size_t>(reason)];
}

std::uint64_t RingBox::sum(Disposition disposition) const {
    return engine_->totals().sum(disposition);
}

void RingBox::expect_every_packet_is_accounted_for() const {
    for (const auto& worker : engine_->workers()) {
        EXPECT_TRUE(worker->totals().every_packet_is_accounted_for());
    }
    const worker::Totals totals = engine_->totals();
    EXPECT_TRUE(totals.every_packet_is_accounted_for());
    EXPECT_EQ(totals.handed_over, totals.taken_over);
    EXPECT_EQ(totals.received, injected_);
    EXPECT_EQ(totals.sum(Disposition::kForwarded) + totals.sum(Disposition::kAnswered) +
                  totals.sum(Disposition::kOriginated),
              collected_);
}

void RingBox::finish() {
    if (!engine_) {
        return;
    }
    engine_->stop();
    collect();
    for (const RingPort& port : ports_) {
        for (const Ring& ring : port.receive) {
            void* packet = nullptr;
            while (rte_ring_dequeue(ring.get(), &packet) == 0) {
                --injected_;
                rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
            }
        }
    }
    expect_every_packet_is_accounted_for();
    EXPECT_EQ(engine_->totals().held_now, 0U);
    for (const worker::Port& port : engine_->ports()) {
        EXPECT_TRUE(rte_mempool_full(port.buffers))
            << rte_mempool_in_use_count(port.buffers) << " packet buffers of the engine leaked";
    }
    EXPECT_TRUE(rte_mempool_full(buffers()))
        << rte_mempool_in_use_count(buffers()) << " of the test's packet buffers leaked";
    remove_ports();
}

void RingBox::remove_ports() {
    engine_.reset();
    for (const RingPort& port : ports_) {
        rte_vdev_uninit(port.name.c_str());
    }
    ports_.clear();
}

}  // namespace synward::test
