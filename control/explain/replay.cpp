// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/replay.h"

#include <fmt/format.h>
#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf_dyn.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "control/eal.h"
#include "control/engine_settings.h"
#include "worker/capture_questions.h"
#include "worker/flow_questions.h"

namespace synward::control::explain {
namespace {

using wire::Side;

constexpr unsigned kRingPlaces = 4096;
// More than one packet can bring about: what was held for it, and what times out at one moment.
constexpr std::uint32_t kCaptureSlots = 1024;
constexpr std::uint32_t kMostFlows = 1U << 18U;
constexpr std::uint32_t kMostBuffers = 16'384;
// A buffer's size is a number of 16 bits.
constexpr std::uint32_t kLongestFrame = 65'535 - RTE_PKTMBUF_HEADROOM;
constexpr tcp::Secret kSecret{0x73, 0x79, 0x6e, 0x77, 0x61, 0x72, 0x64};

/// A frame that only carries the time: of an EtherType for local experiments.
std::span<const std::uint8_t> tick() {
    static const std::array<std::uint8_t, 60> frame = [] {
        std::array<std::uint8_t, 60> bytes{};
        bytes[12] = 0x88;
        bytes[13] = 0xb5;
        return bytes;
    }();
    return frame;
}

worker::EngineSettings replay_settings(const config::Configuration& configuration,
                                       std::uint32_t longest_frame) {
    if (longest_frame > kLongestFrame) {
        throw std::runtime_error{fmt::format("a frame of {} bytes is too long; {} are possible",
                                             longest_frame, kLongestFrame)};
    }
    worker::EngineSettings settings = settings_of(configuration);
    settings.links.resize(1);
    settings.workers = 1;
    settings.steers_by_software = true;
    settings.clock = worker::Clock::Source::kPacket;
    settings.flow_capacity = std::min(settings.flow_capacity, kMostFlows);
    settings.packet_buffers = std::min(settings.packet_buffers, kMostBuffers);
    settings.packet_buffer_size = std::max(std::uint32_t{2048}, longest_frame);
    settings.mtu = 0;
    settings.secret = kSecret;
    return settings;
}

}  // namespace

std::vector<std::string> Replay::eal_arguments(const config::Configuration& configuration,
                                               std::uint32_t longest_frame) {
    constexpr unsigned kMegabyteBits = 20;
    const std::uint64_t memory =
        worker::required_memory(replay_settings(configuration, longest_frame), false);
    return {"synward",        "--lcores",    fmt::format("0@({})", control_processors({})),
            "--no-huge",      "--no-shconf", "--no-pci",
            "--no-telemetry", "-m",          std::to_string((memory >> kMegabyteBits) + 1),
            "--log-level",    "*:error"};
}

Replay::Replay(const config::Configuration& configuration, std::uint32_t longest_frame,
               std::chrono::nanoseconds start)
    : ports_{make_port(), make_port()}, time_{start} {
    rte_mbuf_dyn_rx_timestamp_register(&stamp_offset_, &stamp_flag_);
    worker::EngineSettings settings = replay_settings(configuration, longest_frame);
    settings.links[0] = {ports_[0].id, ports_[1].id};
    engine_ = std::make_unique<worker::Engine>(settings, configuration.policy);
    worker::CaptureFilter filter{.departures = true};
    filter.reasons.set();
    filter.reasons.reset(static_cast<std::size_t>(wire::Reason::kNotTcp));
    capture_ =
        std::make_unique<worker::Capture>(filter, configuration.policy.services, engine_->ports(),
                                          kCaptureSlots, settings.packet_buffer_size);
    worker::SeatCapture seat{capture_.get()};
    ask(seat);
    set_time(start);
}

Replay::~Replay() {
    engine_->stop();
    turn();
    engine_.reset();
    for (const RingPort& port : ports_) {
        rte_vdev_uninit(port.name.c_str());
    }
}

Replay::RingPort Replay::make_port() {
    static unsigned next_name = 0;
    RingPort port;
    port.name = "net_ring_explain" + std::to_string(next_name++);
    const auto make = [&](const char* kind) {
        return std::unique_ptr<rte_ring, FreeRing>{rte_ring_create(
            (port.name + kind).c_str(), kRingPlaces, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ)};
    };
    port.receive = make("rx");
    port.transmit = make("tx");
    if (!port.receive || !port.transmit) {
        throw std::runtime_error{"no memory for the replay's rings"};
    }
    rte_ring* receive = port.receive.get();
    rte_ring* transmit = port.transmit.get();
    const int id = rte_eth_from_rings(port.name.c_str(), &receive, 1, &transmit, 1, SOCKET_ID_ANY);
    if (id < 0) {
        throw std::runtime_error{std::string{"no ring device: "} + rte_strerror(rte_errno)};
    }
    port.id = static_cast<std::uint16_t>(id);
    return port;
}

void Replay::inject(Side side, std::span<const std::uint8_t> frame) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(engine_->ports().front().buffers);
    if (packet == nullptr) {
        throw std::runtime_error{"the policy's held segments leave no packet buffers"};
    }
    std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    *RTE_MBUF_DYNFIELD(packet, stamp_offset_, rte_mbuf_timestamp_t*) =
        static_cast<rte_mbuf_timestamp_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(time_).count());
    packet->ol_flags |= stamp_flag_;
    rte_ring_enqueue(ports_[static_cast<unsigned>(side)].receive.get(), packet);
}

std::vector<Piece> Replay::feed(Side side, std::span<const std::uint8_t> frame) {
    inject(side, frame);
    return turn();
}

std::vector<Piece> Replay::set_time(std::chrono::nanoseconds time) {
    time_ = std::max(time_, time);
    inject(Side::kOutside, tick());
    return turn();
}

std::vector<Piece> Replay::turn() {
    if (engine_->turn() != 0) {
        engine_->turn();  // what the first one leaves to the next, such as timers of this moment
    }
    for (const RingPort& port : ports_) {
        void* packet = nullptr;
        while (rte_ring_dequeue(port.transmit.get(), &packet) == 0) {
            rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
        }
    }
    std::vector<Piece> pieces;
    worker::CaptureRing& ring = capture_->ring();
    while (const worker::CapturedPacket* const packet = ring.front()) {
        const auto bytes = worker::CaptureRing::bytes_of(*packet);
        pieces.push_back({.as = packet->as,
                          .side = packet->port == ports_[0].id ? Side::kOutside : Side::kInside,
                          .reason = packet->reason,
                          .frame = {bytes.begin(), bytes.end()}});
        ring.pop();
    }
    return pieces;
}

void Replay::ask(worker::Question& question) {
    worker::QuestionBox& box = engine_->workers().front()->questions();
    box.ask(question);
    while (box.take_answered() == nullptr) {
        engine_->turn();
    }
}

std::optional<flow::Flow> Replay::flow(const wire::FourTuple& tuple) {
    worker::FindFlow question{tuple};
    ask(question);
    return question.flow();
}

std::uint32_t Replay::flows() const {
    return engine_->workers().front()->table().size();
}

std::array<std::uint64_t, flow::kCloseKindCount> Replay::closes() const {
    std::array<std::uint64_t, flow::kCloseKindCount> closes{};
    const defense::Figures& figures = engine_->workers().front()->figures();
    std::transform(figures.closes.begin(), figures.closes.end(), closes.begin(),
                   [](const wire::Counter& counter) { return counter.value(); });
    return closes;
}

bool Replay::every_packet_is_accounted_for() const {
    return engine_->totals().every_packet_is_accounted_for();
}

}  // namespace synward::control::explain
