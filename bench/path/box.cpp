// SPDX-License-Identifier: BSD-3-Clause
#include "path/box.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include <algorithm>

#include "wire/headers.h"

namespace synward::bench {
namespace {

using wire::Side;

worker::EngineSettings settings_of(const Sizes& sizes) {
    return {
        .links = {{}},
        .workers = static_cast<std::uint16_t>(sizes.workers),
        .steers_by_software = false,
        .clock = sizes.repeatable ? worker::Clock::Source::kPacket : worker::Clock::Source::kTsc,
        .flow_capacity = std::min(1U << 24U, sizes.flows + sizes.flows / 6 + 4 * Rig::kRound),
        .packet_buffers = 8 * Rig::kRound};
}

worker::EngineSettings settings_of(const Sizes& sizes, const Rig& rig) {
    worker::EngineSettings settings = settings_of(sizes);
    settings.links = rig.links();
    return settings;
}

defense::Policy policy_for(const Sizes& sizes, defense::Challenge challenge) {
    defense::Policy policy = policy_of(sizes.services, challenge);
    if (sizes.repeatable) {
        policy.master_secret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    }
    return policy;
}

// Neither is inlined, so that an instruction counter can be told to count here alone.

[[gnu::noinline]] void measured_turns(worker::Worker& worker) {
    while (worker.turn() != 0) {
    }
}

[[gnu::noinline]] void measured_floor(worker::LinkPorts ports, bool touches) {
    for (bool moved = true; moved;) {
        moved = false;
        for (const auto& [from, to] :
             {std::pair{ports.outside, ports.inside}, std::pair{ports.inside, ports.outside}}) {
            std::array<rte_mbuf*, worker::kBatchSize> packets;
            const std::uint16_t count = rte_eth_rx_burst(from, 0, packets.data(), packets.size());
            for (unsigned place = 0; touches && place < count; ++place) {
                if (place + 4U < count) {
                    rte_prefetch0(rte_pktmbuf_mtod(packets[place + 4U], void*));
                }
                auto& ethernet = wire::header_at<wire::EthernetHeader>(
                    rte_pktmbuf_mtod(packets[place], std::uint8_t*));
                std::swap(ethernet.source, ethernet.destination);
            }
            moved |= count != 0;
            rte_eth_tx_burst(to, 0, packets.data(), count);
        }
    }
}

}  // namespace

Box::Box(const Sizes& sizes, defense::Challenge challenge)
    : sizes_{sizes},
      rig_{sizes.workers},
      policy_{policy_for(sizes, challenge)},
      engine_{settings_of(sizes, rig_), policy_},
      connections_{rig_, engine_, sizes.flows + kSpareSets * Rig::kRound, sizes.services},
      crew_{sizes.workers} {
    connections_.establish(0, sizes.flows, challenge == defense::Challenge::kAlways);
}

unsigned Box::required_megabytes(const Sizes& sizes, bool huge_pages) {
    constexpr std::uint64_t kOfRig = std::uint64_t{160} << 20U;
    const std::uint64_t bytes = worker::required_memory(settings_of(sizes), huge_pages) + kOfRig;
    return static_cast<unsigned>(bytes >> 20U);
}

std::uint64_t Box::run_measured() {
    // What has come due while the packets were made is no cost of theirs.
    crew_.run([this](unsigned member) { engine_.workers()[member]->turn(); });
    return carry([this](unsigned member) { measured_turns(*engine_.workers()[member]); });
}

std::uint64_t Box::run_floor(bool touches) {
    return carry([&](unsigned member) { measured_floor(rig_.links()[member], touches); });
}

std::uint64_t Box::carry(const std::function<void(unsigned)>& work) {
    crew_.run([this](unsigned member) { rig_.arrive(member); });
    const std::uint64_t cycles = crew_.run(work);
    crew_.run([this](unsigned member) { rig_.leave(member); });
    return cycles;
}

void Box::drain() {
    rig_.drain(Side::kOutside);
    rig_.drain(Side::kInside);
}

std::uint64_t Box::count(const std::vector<wire::Reason>& reasons) const {
    const worker::Totals totals = engine_.totals();
    std::uint64_t sum = 0;
    for (const wire::Reason reason : reasons) {
        sum += totals.by_reason[static_cast<std::size_t>(reason)];
    }
    return sum;
}

std::string Box::fates() const {
    const worker::Totals totals = engine_.totals();
    std::string text = "received " + std::to_string(totals.received);
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        if (totals.by_reason[reason] != 0) {
            text += ", " + std::string{wire::kReasons[reason].name} + " " +
                    std::to_string(totals.by_reason[reason]);
        }
    }
    return text;
}

}  // namespace synward::bench
