// SPDX-License-Identifier: BSD-3-Clause
#include "control/engine_settings.h"

namespace synward::control {

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

}  // namespace synward::control
