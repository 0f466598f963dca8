// SPDX-License-Identifier: BSD-3-Clause
#include "dump.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace synward::config {
namespace {

template <typename T>
std::string optional_text(const std::optional<T>& value) {
    return value ? fmt::format("{}", *value) : "-";
}

std::string dump(const defense::SourceListsPolicy& lists) {
    std::string text;
    for (const auto& [name, list] : {std::pair{"allow", &lists.allow}, {"deny", &lists.deny}}) {
        for (const auto& prefix : *list) {
            text += fmt::format(" {} {}", name, prefix.text());
        }
    }
    return text;
}

std::string dump(const defense::ServicePolicy& service) {
    std::string text =
        fmt::format("service {} challenge {} method {} sees {} syn_data {} budget {} probe {}",
                    service.name, static_cast<int>(service.challenge),
                    static_cast<int>(service.method), static_cast<int>(service.sees),
                    static_cast<int>(service.syn_data), service.budget, service.probe);
    for (const auto& prefix : service.addresses) {
        text += " " + prefix.text();
    }
    for (const auto& [first, last] : service.ports) {
        text += fmt::format(" {}-{}", first, last);
    }
    text += dump(service.sources);
    const auto& server = service.server;
    return text + fmt::format(" mss {} scale {} sack {} timestamps {} ecn {}\n",
                              optional_text(server.mss), optional_text(server.window_scale),
                              optional_text(server.sack), optional_text(server.timestamps),
                              optional_text(server.ecn));
}

}  // namespace

std::string dump(const Configuration& configuration) {
    std::string text;
    for (const Link& link : configuration.links) {
        text += fmt::format("link {} {} {}\n", link.name, link.outside, link.inside);
    }
    const auto& [cores, steering, clock, idle_sleep] = configuration.workers;
    text += fmt::format("cores {} steering {} clock {} idle_sleep {}us\n", fmt::join(cores, ","),
                        static_cast<int>(steering), static_cast<int>(clock), idle_sleep.count());
    const auto& [huge_pages, size, buffers, buffer_size] = configuration.memory;
    text += fmt::format("hugepages {} size {} packet_buffers {} of {}\n",
                        static_cast<int>(huge_pages), size, buffers, buffer_size);
    text += fmt::format("capacity {} mtu {} report {}ms\n", configuration.flow_capacity,
                        configuration.mtu, configuration.report_interval.count());
    text +=
        fmt::format("control {} {}\n", configuration.control.socket, configuration.control.group);
    text += fmt::format("eal {}\n", fmt::join(configuration.eal_arguments, " "));
    const auto& policy = configuration.policy;
    const auto& [half_open, established, half_closed, closing, time_wait] = policy.timeouts;
    text += fmt::format(
        "half_open {} established {} half_closed {} closing {} time_wait {} ms on_expiry {} "
        "pick_up {}ms\n",
        half_open.count(), established.count(), half_closed.count(), closing.count(),
        time_wait.count(), static_cast<int>(policy.on_expiry), policy.pick_up.count());
    const auto& [connections, segments, each, first, attempts] = policy.hold;
    text += fmt::format("hold connections {} segments {} each {} first {}ms attempts {}\n",
                        connections, segments, each, first.count(), attempts);
    text += fmt::format(
        "fragments {} key_lifetime {}ms secret {}\n", static_cast<int>(policy.fragments),
        policy.cookie_key_lifetime.count(),
        policy.master_secret ? fmt::format("{:02x}", fmt::join(*policy.master_secret, "")) : "-");
    const auto& sources = policy.sources;
    text +=
        fmt::format("sources{} prefix {} {} answers {} concurrent {} new {} burst {}\n",
                    dump(sources.lists), sources.ipv4_prefix, sources.ipv6_prefix, sources.answers,
                    optional_text(sources.concurrent),
                    sources.new_connections ? sources.new_connections->rate : 0,
                    sources.new_connections ? optional_text(sources.new_connections->burst) : "-");
    text += fmt::format("remember {} syn_ack_retransmissions {}\n", policy.remembered_syns,
                        policy.syn_ack_retransmissions);
    text += fmt::format("admission lifetime {}ms sources {}\n", policy.admission.lifetime.count(),
                        policy.admission.sources);
    for (const auto& service : policy.services) {
        text += dump(service);
    }
    return text;
}

}  // namespace synward::config
