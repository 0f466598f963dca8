// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <concepts>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "config/schema.h"
#include "config/section.h"

namespace synward::config {
namespace {

/// Writes the keys of one mapping of the policy, as Section reads them.
class Lister {
  public:
    Lister(std::vector<Setting>& settings, const Mapping& mapping, std::string prefix,
           bool needs_restart = false)
        : settings_{settings},
          mapping_{mapping},
          prefix_{std::move(prefix)},
          needs_restart_{needs_restart} {}

    template <typename T>
    void put(std::string_view name, const T& value) {
        const Key& key = key_of(name);
        settings_.push_back({prefix_ + std::string{name}, text(key, value),
                             key.kind == Kind::kSecret, needs_restart_ || key.restart});
    }
    template <typename T>
    void put(std::string_view name, const std::optional<T>& value) {
        if (value) {
            put(name, *value);
        } else {
            const Key& key = key_of(name);
            settings_.push_back({prefix_ + std::string{name}, std::string{kAbsent},
                                 key.kind == Kind::kSecret, needs_restart_ || key.restart});
        }
    }
    [[nodiscard]] Lister section(std::string_view name) const { return entry(name, ""); }
    /// The mapping of one entry of a list, `entry` being what tells it from others.
    [[nodiscard]] Lister entry(std::string_view name, const std::string& entry) const {
        const Key& key = key_of(name);
        return {settings_, *key.mapping, prefix_ + std::string{name} + entry + ".",
                needs_restart_ || key.restart};
    }

  private:
    [[nodiscard]] const Key& key_of(std::string_view name) const {
        const Key* const key = mapping_.find(name);
        if (key == nullptr) {
            throw std::logic_error{"no key '" + prefix_ + std::string{name} + "'"};
        }
        return *key;
    }
    static std::string number(const Key& key, std::uint64_t value) {
        switch (key.kind) {
            case Kind::kCount:
                return count_text(value);
            case Kind::kSize:
                return size_text(value);
            case Kind::kDuration:
                return duration_text(value);
            case Kind::kRate:
                return rate_text(value);
            default:
                return fmt::format("{}", value);
        }
    }
    template <typename T>
    static std::string text(const Key& key, const T& value) {
        if constexpr (std::same_as<T, std::string>) {
            return value;
        } else if constexpr (std::same_as<T, bool>) {
            return value ? "true" : "false";
        } else if constexpr (std::same_as<T, Secret>) {
            return fmt::format("{:02x}", fmt::join(value, ""));
        } else if constexpr (std::is_enum_v<T>) {
            return std::string{key.words[static_cast<std::size_t>(value)]};
        } else if constexpr (std::same_as<T, wire::Prefix>) {
            return value.text();
        } else if constexpr (std::same_as<T, defense::PortRange>) {
            return value.first == value.last ? fmt::format("{}", value.first)
                                             : fmt::format("{}-{}", value.first, value.last);
        } else if constexpr (kIsDuration<T>) {
            return number(key,
                          static_cast<std::uint64_t>(std::chrono::microseconds{value}.count()));
        } else if constexpr (std::unsigned_integral<T>) {
            return number(key, value);
        } else {  // a list
            std::vector<std::string> texts;
            texts.reserve(value.size());
            for (const auto& each : value) {
                texts.push_back(text(key, each));
            }
            return fmt::format("[{}]", fmt::join(texts, ", "));
        }
    }

    std::vector<Setting>& settings_;
    const Mapping& mapping_;
    std::string prefix_;
    bool needs_restart_;
};

void list(Lister lister, const Workers& workers) {
    lister.put("cores", workers.cores);
    lister.put("steering", workers.steering);
    lister.put("clock", workers.clock);
    lister.put("idle_sleep", workers.idle_sleep);
}

void list(Lister lister, const Memory& memory) {
    lister.put("hugepages", memory.huge_pages);
    lister.put("size", memory.size);
    lister.put("packet_buffers", memory.packet_buffers);
    lister.put("packet_buffer_size", memory.packet_buffer_size);
}

void list(Lister lister, const Control& control) {
    lister.put("socket", control.socket.empty() ? std::string{"off"} : control.socket);
    lister.put("group", control.group.empty() ? std::nullopt : std::optional{control.group});
}

void list(Lister lister, const Metrics& metrics) {
    lister.put("listen", metrics.listen.empty() ? std::string{"off"} : metrics.listen);
}

void list(Lister lister, const Log& log) {
    lister.put("format", log.format);
    lister.put("level", log.level);
}

void list(Lister lister, const Dpdk& dpdk) {
    lister.put("secondary_processes", dpdk.secondary_processes);
    lister.put("file_prefix", dpdk.file_prefix);
}

void list_flows(Lister lister, const Configuration& configuration) {
    const defense::Timeouts& timeouts = configuration.policy.timeouts;
    lister.put("capacity", configuration.flow_capacity);
    lister.put("half_open_timeout", timeouts.half_open);
    lister.put("established_timeout", timeouts.established);
    lister.put("half_closed_timeout", timeouts.half_closed);
    lister.put("closing_timeout", timeouts.closing);
    lister.put("time_wait_timeout", timeouts.time_wait);
    lister.put("on_expiry", configuration.policy.on_expiry);
    lister.put("pick_up", configuration.policy.pick_up);
}

void list(Lister lister, const defense::HoldLimits& hold) {
    lister.put("connections", hold.connections);
    lister.put("segments", hold.segments);
    lister.put("segments_per_connection", hold.segments_per_connection);
    lister.put("first_retransmission", hold.first_retransmission);
    lister.put("server_attempts", hold.server_attempts);
}

void list(Lister lister, const defense::SourcePolicy& sources) {
    lister.put("allow", sources.lists.allow);
    lister.put("deny", sources.lists.deny);
    Lister prefix = lister.section("prefix");
    prefix.put("ipv4", sources.ipv4_prefix);
    prefix.put("ipv6", sources.ipv6_prefix);
    lister.put("answers", sources.answers);
    const auto& connections = sources.new_connections;
    Lister new_connections = lister.section("new_connections");
    new_connections.put("rate", connections ? std::optional{connections->rate} : std::nullopt);
    new_connections.put("burst", connections ? connections->burst : std::nullopt);
    lister.put("concurrent", sources.concurrent);
}

void list_cookies(Lister lister, const defense::Policy& policy) {
    lister.put("key_lifetime", policy.cookie_key_lifetime);
    lister.put("remember", policy.remembered_syns);
    lister.put("syn_ack_retransmissions", policy.syn_ack_retransmissions);
    lister.put("master_secret", policy.master_secret);
}

void list(Lister lister, const defense::ServicePolicy& service) {
    lister.put("name", service.name);
    lister.put("addresses", service.addresses);
    const bool every_port = service.ports == std::vector{defense::PortRange{}};
    lister.put("ports", every_port ? std::nullopt : std::optional{service.ports});
    lister.put("challenge", service.challenge);
    lister.put("method", service.method);
    lister.put("sees", service.sees);
    lister.put("syn_data", service.syn_data);
    lister.put("budget", service.budget);
    lister.put("allow", service.sources.allow);
    lister.put("deny", service.sources.deny);
    lister.put("probe", service.probe);
    Lister server = lister.section("server");
    server.put("mss", service.server.mss);
    server.put("window_scale", service.server.window_scale);
    server.put("sack", service.server.sack);
    server.put("timestamps", service.server.timestamps);
    server.put("ecn", service.server.ecn);
}

}  // namespace

std::string Setting::shown() const {
    return is_secret && value != kAbsent ? "(secret)" : value;
}

std::vector<Setting> list_settings_without_services(const Configuration& configuration) {
    std::vector<Setting> settings;
    const defense::Policy& policy = configuration.policy;
    Lister lister{settings, kPolicySchema, ""};
    for (std::size_t index = 0; index < configuration.links.size(); ++index) {
        Lister link = lister.entry("links", fmt::format("[{}]", index));
        link.put("name", configuration.links[index].name);
        link.put("outside", configuration.links[index].outside);
        link.put("inside", configuration.links[index].inside);
    }
    list(lister.section("workers"), configuration.workers);
    list(lister.section("memory"), configuration.memory);
    list_flows(lister.section("flows"), configuration);
    list(lister.section("hold"), policy.hold);
    lister.put("mtu", configuration.mtu == 0 ? std::nullopt : std::optional{configuration.mtu});
    lister.section("report").put("interval", configuration.report_interval);
    lister.put("fragments", policy.fragments);
    list(lister.section("sources"), policy.sources);
    list_cookies(lister.section("cookies"), policy);
    Lister admission = lister.section("admission");
    admission.put("lifetime", policy.admission.lifetime);
    admission.put("sources", policy.admission.sources);
    list(lister.section("control"), configuration.control);
    list(lister.section("metrics"), configuration.metrics);
    list(lister.section("log"), configuration.log);
    lister.put("telemetry", configuration.telemetry);
    list(lister.section("dpdk"), configuration.dpdk);
    lister.put("eal", configuration.eal_arguments);
    return settings;
}

std::vector<Setting> list_settings(const defense::ServicePolicy& service) {
    std::vector<Setting> settings;
    list(Lister{settings, kPolicySchema, ""}.entry("services", "." + service.name), service);
    return settings;
}

std::vector<Setting> list_settings(const Configuration& configuration) {
    std::vector<Setting> settings = list_settings_without_services(configuration);
    for (const defense::ServicePolicy& service : configuration.policy.services) {
        const std::vector<Setting> own = list_settings(service);
        settings.insert(settings.end(), own.begin(), own.end());
    }
    return settings;
}

}  // namespace synward::config
