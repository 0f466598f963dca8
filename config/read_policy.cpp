// SPDX-License-Identifier: BSD-3-Clause
#include "config/read_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/conflicts.h"

namespace synward::config {
namespace {

constexpr std::size_t kMostWorkers = 64;

void read_links(Section& policy, Configuration& configuration, Errors& errors) {
    std::vector<Placed<std::string>> names;
    std::vector<Placed<std::string>> devices;
    for (Section& section : policy.sections("links")) {
        Link link;
        section.read("name", link.name);
        section.read("outside", link.outside);
        section.read("inside", link.inside);
        names.push_back({link.name, section.place("name")});
        devices.push_back({device_identity(link.outside), section.place("outside")});
        devices.push_back({device_identity(link.inside), section.place("inside")});
        configuration.links.push_back(std::move(link));
    }
    require_unique(names, "a name that no other link has", errors);
    require_unique(devices, "a device that is used once", errors);
}

void read_cores(Section& section, std::vector<unsigned>& cores, Errors& errors) {
    const auto ranges = section.list("cores", range_value);
    require_disjoint(ranges, "each core once", errors);
    std::vector<unsigned> found;
    for (const auto& [range, place] : ranges) {
        for (std::uint64_t core = range.least; core <= range.most; ++core) {
            found.push_back(static_cast<unsigned>(core));
        }
    }
    if (found.size() > kMostWorkers) {
        errors.add(section.place("cores"), {fmt::format("found {} cores", found.size()), {}},
                   fmt::format("at most {} cores", kMostWorkers));
    } else if (!found.empty()) {
        cores = std::move(found);
    }
}

void read_workers(Section section, Workers& workers, Errors& errors) {
    read_cores(section, workers.cores, errors);
    section.read("steering", workers.steering);
    section.read("clock", workers.clock);
    section.read("idle_sleep", workers.idle_sleep);
}

void read_memory(Section section, Memory& memory) {
    section.read("hugepages", memory.huge_pages);
    section.read("size", memory.size);
    section.read("packet_buffers", memory.packet_buffers);
    section.read("packet_buffer_size", memory.packet_buffer_size);
}

void read_flows(Section section, Configuration& configuration) {
    section.read("capacity", configuration.flow_capacity);
    defense::Timeouts& timeouts = configuration.policy.timeouts;
    section.read("half_open_timeout", timeouts.half_open);
    section.read("established_timeout", timeouts.established);
    section.read("half_closed_timeout", timeouts.half_closed);
    section.read("closing_timeout", timeouts.closing);
    section.read("time_wait_timeout", timeouts.time_wait);
    section.read("on_expiry", configuration.policy.on_expiry);
    section.read("pick_up", configuration.policy.pick_up);
}

void read_control(Section section, Control& control) {
    section.read("socket", control.socket);
    control.is_socket_required = section.has("socket");
    section.read("group", control.group);
}

void read_observation(Section& policy, Configuration& configuration) {
    Section metrics = policy.section("metrics");
    metrics.read("listen", configuration.metrics.listen);
    configuration.metrics.is_required = metrics.has("listen");
    Section log = policy.section("log");
    log.read("format", configuration.log.format);
    log.read("level", configuration.log.level);
    policy.read("telemetry", configuration.telemetry);
}

/// What another process is to map must lie in files, and DPDK has none without huge pages.
void read_dpdk(Section section, const Memory& memory, Dpdk& dpdk, Errors& errors) {
    section.read("secondary_processes", dpdk.secondary_processes);
    section.read("file_prefix", dpdk.file_prefix);
    if (dpdk.secondary_processes && memory.huge_pages == HugePages::kOff) {
        errors.add(section.place("secondary_processes"),
                   {"'true' does not go with memory.hugepages 'off'", {}},
                   "memory.hugepages: on or auto");
    }
}

void read_hold(Section section, defense::HoldLimits& hold) {
    section.read("connections", hold.connections);
    section.read("segments", hold.segments);
    section.read("segments_per_connection", hold.segments_per_connection);
    section.read("first_retransmission", hold.first_retransmission);
    section.read("server_attempts", hold.server_attempts);
}

void read_cookies(Section section, defense::Policy& policy) {
    section.read("key_lifetime", policy.cookie_key_lifetime);
    section.read("remember", policy.remembered_syns);
    section.read("syn_ack_retransmissions", policy.syn_ack_retransmissions);
    section.read("master_secret", policy.master_secret);
}

void read_admission(Section section, defense::Admission& admission) {
    section.read("lifetime", admission.lifetime);
    section.read("sources", admission.sources);
}

void read_server(Section section, defense::ServerOptions& server) {
    section.read("mss", server.mss);
    section.read("window_scale", server.window_scale);
    section.read("sack", server.sack);
    section.read("timestamps", server.timestamps);
    section.read("ecn", server.ecn);
}

void read_source_list(Section& section, std::string_view name, std::vector<wire::Prefix>& list,
                      std::vector<Placed<std::string>>& known) {
    for (const auto& [prefix, place] : section.list(name, prefix_value)) {
        list.push_back(prefix);
        known.push_back({prefix.text(), place});
    }
}

void read_source_lists(Section& section, defense::SourceListsPolicy& lists, Errors& errors) {
    std::vector<Placed<std::string>> known;
    read_source_list(section, "allow", lists.allow, known);
    read_source_list(section, "deny", lists.deny, known);
    require_unique(known, "each source once, on one of the lists", errors);
}

void read_sources(Section section, defense::SourcePolicy& sources, Errors& errors) {
    read_source_lists(section, sources.lists, errors);
    Section prefix = section.section("prefix");
    prefix.read("ipv4", sources.ipv4_prefix);
    prefix.read("ipv6", sources.ipv6_prefix);
    section.read("answers", sources.answers);
    section.read("concurrent", sources.concurrent);
    if (section.has("new_connections")) {
        Section connections = section.section("new_connections");
        connections.read("rate", sources.new_connections.emplace().rate);
        connections.read("burst", sources.new_connections->burst);
    }
}

/// A cookie is of no use where its client's server answers by another way.
void require_possible_challenge(const Section& section, const defense::ServicePolicy& service,
                                Errors& errors) {
    if (service.sees == defense::Sees::kClients &&
        service.challenge != defense::Challenge::kNever &&
        service.method == defense::Method::kCookie) {
        errors.add(
            section.place("sees"),
            {"'clients' does not go with method 'cookie', which needs the servers' answers", {}},
            "method: reset, challenge: never or sees: both");
    }
}

Claim read_service(Section& section, defense::ServicePolicy& service, Errors& errors) {
    section.read("name", service.name);
    section.read("challenge", service.challenge);
    section.read("method", service.method);
    section.read("sees", service.sees);
    require_possible_challenge(section, service, errors);
    section.read("syn_data", service.syn_data);
    section.read("budget", service.budget);
    section.read("probe", service.probe);
    read_source_lists(section, service.sources, errors);
    read_server(section.section("server"), service.server);
    Claim claim{section.list("addresses", prefix_value), section.list("ports", range_value)};
    for (const auto& address : claim.addresses) {
        service.addresses.push_back(address.value);
    }
    require_disjoint(claim.ports, "each port once", errors);
    if (section.has("ports")) {
        service.ports.clear();
    }
    for (const auto& ports : claim.ports) {
        service.ports.push_back({static_cast<std::uint16_t>(ports.value.least),
                                 static_cast<std::uint16_t>(ports.value.most)});
    }
    if (service.ports.empty()) {
        // Every port given is wrong: that is reported, and not a claim to all ports.
        return {};
    }
    return claim;
}

void read_services(Section& policy, std::vector<defense::ServicePolicy>& services, Errors& errors) {
    std::vector<Placed<std::string>> names;
    std::vector<Claim> claims;
    for (Section& section : policy.sections("services")) {
        defense::ServicePolicy service;
        claims.push_back(read_service(section, service, errors));
        names.push_back({service.name, section.place("name")});
        services.push_back(std::move(service));
    }
    require_unique(names, "a name that no other service has", errors);
    require_separate(claims, errors);
}

}  // namespace

Configuration read_policy(const Element& document, Errors& errors) {
    Configuration configuration;
    Section policy(errors, kPolicySchema, document);
    read_links(policy, configuration, errors);
    read_workers(policy.section("workers"), configuration.workers, errors);
    read_memory(policy.section("memory"), configuration.memory);
    read_flows(policy.section("flows"), configuration);
    read_hold(policy.section("hold"), configuration.policy.hold);
    policy.read("mtu", configuration.mtu);
    policy.section("report").read("interval", configuration.report_interval);
    read_control(policy.section("control"), configuration.control);
    read_observation(policy, configuration);
    policy.read("fragments", configuration.policy.fragments);
    read_sources(policy.section("sources"), configuration.policy.sources, errors);
    read_cookies(policy.section("cookies"), configuration.policy);
    read_admission(policy.section("admission"), configuration.policy.admission);
    read_dpdk(policy.section("dpdk"), configuration.memory, configuration.dpdk, errors);
    for (const auto& argument : policy.list("eal", text_value)) {
        configuration.eal_arguments.push_back(argument.value);
    }
    read_services(policy, configuration.policy.services, errors);
    return configuration;
}

}  // namespace synward::config
