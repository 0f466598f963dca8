// SPDX-License-Identifier: BSD-3-Clause
#include "control/engine_settings.h"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "config/values.h"

namespace synward::control {
namespace {

std::uint16_t port_of(const std::string& device, const std::string& link) {
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(config::device_identity(device).c_str(), &port) != 0) {
        throw std::runtime_error{fmt::format("link '{}': DPDK has no device '{}'", link, device)};
    }
    return port;
}

/// Whether the workers hand packets over themselves; decides kAuto by what the devices can do.
bool steers_by_software(const config::Configuration& configuration,
                        const std::vector<worker::LinkPorts>& links) {
    const std::size_t workers = configuration.workers.cores.size();
    std::string unable;
    for (const worker::LinkPorts& link : links) {
        for (const std::uint16_t port : {link.outside, link.inside}) {
            const worker::PortAbilities abilities = worker::abilities_of(port);
            if (!abilities.symmetric_rss || abilities.receive_queues < workers ||
                abilities.transmit_queues < workers) {
                unable = abilities.driver;
            }
        }
    }
    if (configuration.workers.steering == config::Steering::kRss && workers > 1 &&
        !unable.empty()) {
        throw std::runtime_error{fmt::format(
            "workers.steering: rss, but a device of driver {} has no symmetric receive-side "
            "scaling over {} queues; use 'auto' or 'software'",
            unable, workers)};
    }
    return configuration.workers.steering == config::Steering::kSoftware || !unable.empty();
}

}  // namespace

worker::EngineSettings settings_of(const config::Configuration& configuration) {
    worker::EngineSettings settings;
    settings.links.resize(configuration.links.size());
    settings.workers = static_cast<std::uint16_t>(configuration.workers.cores.size());
    settings.clock = configuration.workers.clock == config::Clock::kPacket
                         ? worker::Clock::Source::kPacket
                         : worker::Clock::Source::kTsc;
    settings.idle_sleep = configuration.workers.idle_sleep;
    settings.flow_capacity = configuration.flow_capacity;
    // What is held for servers must not starve the ports.
    settings.packet_buffers =
        configuration.memory.packet_buffers + configuration.policy.hold.segments;
    settings.packet_buffer_size = configuration.memory.packet_buffer_size;
    settings.mtu = configuration.mtu;
    return settings;
}

void add_devices(worker::EngineSettings& settings, const config::Configuration& configuration) {
    settings.links.clear();
    for (const config::Link& link : configuration.links) {
        settings.links.push_back(
            {port_of(link.outside, link.name), port_of(link.inside, link.name)});
    }
    settings.steers_by_software = steers_by_software(configuration, settings.links);
}

}  // namespace synward::control
