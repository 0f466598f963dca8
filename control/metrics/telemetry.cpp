// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/telemetry.h"

#include <rte_telemetry.h>

#include <charconv>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "control/disposition_names.h"

namespace synward::control {
namespace {

// DPDK keeps commands for good and gives their functions no context.
std::mutex mutex;
std::function<std::optional<Sample>()> current;  // guarded by `mutex`

std::optional<Sample> sample_now() {
    const std::lock_guard lock{mutex};
    return current ? current() : std::nullopt;
}

void add(rte_tel_data* data, const char* name, std::uint64_t value) {
    rte_tel_data_add_dict_u64(data, name, value);
}

/// The number that a command was given; nothing for anything else.
std::optional<std::size_t> number_in(const char* parameters) {
    const std::string_view text{parameters != nullptr ? parameters : ""};
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && !text.empty() ? std::optional{number} : std::nullopt;
}

/// A command without parameters: `fill(const Sample&, rte_tel_data*)` into a dictionary.
template <auto fill>
int answer(const char* /*command*/, const char* /*parameters*/, rte_tel_data* data) {
    const auto sample = sample_now();
    if (!sample) {
        return -1;
    }
    rte_tel_data_start_dict(data);
    fill(*sample, data);
    return 0;
}

void fill_info(const Sample& sample, rte_tel_data* data) {
    rte_tel_data_add_dict_string(data, "version", SYNWARD_VERSION);
    const std::chrono::duration<double> uptime = sample.time - sample.started;
    add(data, "uptime_seconds", static_cast<std::uint64_t>(uptime.count()));
    add(data, "workers", sample.workers.size());
    add(data, "services", sample.services.size());
    add(data, "received", sample.totals.received);
    for (const auto disposition :
         {wire::Disposition::kForwarded, wire::Disposition::kAnswered, wire::Disposition::kHeld,
          wire::Disposition::kDropped, wire::Disposition::kOriginated}) {
        add(data, name(disposition).data(), sample.totals.sum(disposition));
    }
}

void fill_counters(const Sample& sample, rte_tel_data* data) {
    static_assert(wire::kReasonCount <= RTE_TEL_MAX_DICT_ENTRIES);
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        add(data, std::string{wire::kReasons[reason].name}.c_str(),
            sample.totals.by_reason[reason]);
    }
}

void fill_flows(const Sample& sample, rte_tel_data* data) {
    add(data, "flows", sample.flows);
    add(data, "capacity", sample.flow_capacity);
    add(data, "half_open", sample.half_open);
    add(data, "connecting", sample.connecting);
    for (std::size_t side = 0; side < sample.endpoints.size(); ++side) {
        rte_tel_data* const states = rte_tel_data_alloc();
        if (states == nullptr) {
            return;
        }
        rte_tel_data_start_dict(states);
        for (std::size_t state = 0; state < tcp::kEndpointStateCount; ++state) {
            const std::string text{tcp::name(static_cast<tcp::EndpointState>(state))};
            add(states, text.c_str(), sample.endpoints[side][state]);
        }
        rte_tel_data_add_dict_container(data, name(static_cast<wire::Side>(side)), states, 0);
    }
    for (std::size_t kind = 0; kind < sample.closes.size(); ++kind) {
        const std::string text =
            "closed_by_" + std::string{flow::name(static_cast<flow::CloseKind>(kind))};
        add(data, text.c_str(), sample.closes[kind]);
    }
}

void fill_latency(const Sample& sample, rte_tel_data* data) {
    const auto add_all = [&](const std::string& side, const HistogramSample& histogram) {
        const auto microseconds = [&](double share) {
            return static_cast<std::uint64_t>(histogram.quantile(share) * 1e6);
        };
        add(data, (side + "_count").c_str(), histogram.count());
        add(data, (side + "_p50_us").c_str(), microseconds(0.5));
        add(data, (side + "_p90_us").c_str(), microseconds(0.9));
        add(data, (side + "_p99_us").c_str(), microseconds(0.99));
    };
    add_all("server", sample.server_handshake);
    add_all("client", sample.client_handshake);
}

int answer_services(const char* /*command*/, const char* parameters, rte_tel_data* data) {
    const auto sample = sample_now();
    if (!sample) {
        return -1;
    }
    const std::string_view wanted{parameters != nullptr ? parameters : ""};
    if (wanted.empty()) {
        rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
        for (const ServiceSample& service : sample->services) {
            if (rte_tel_data_add_array_string(data, service.name.c_str()) != 0) {
                break;  // an answer has room for so many
            }
        }
        return 0;
    }
    for (const ServiceSample& service : sample->services) {
        if (service.name != wanted) {
            continue;
        }
        rte_tel_data_start_dict(data);
        rte_tel_data_add_dict_string(data, "name", service.name.c_str());
        rte_tel_data_add_dict_string(data, "challenge", service.challenge.c_str());
        rte_tel_data_add_dict_string(data, "method", service.method.c_str());
        add(data, "budget", service.budget);
        add(data, "budget_left", service.credits_left);
        for (const ServiceCounter& counter : kServiceCounters) {
            add(data, std::string{counter.name}.c_str(), service.*counter.value);
        }
        return 0;
    }
    return -1;
}

int answer_workers(const char* /*command*/, const char* parameters, rte_tel_data* data) {
    const auto sample = sample_now();
    if (!sample) {
        return -1;
    }
    if (parameters == nullptr || *parameters == '\0') {
        rte_tel_data_start_array(data, RTE_TEL_INT_VAL);
        for (std::size_t index = 0; index < sample->workers.size(); ++index) {
            rte_tel_data_add_array_int(data, static_cast<int>(index));
        }
        return 0;
    }
    const auto index = number_in(parameters);
    if (!index || *index >= sample->workers.size()) {
        return -1;
    }
    const WorkerSample& worker = sample->workers[*index];
    rte_tel_data_start_dict(data);
    add(data, "received", worker.totals.received);
    add(data, "taken_over", worker.totals.taken_over);
    add(data, "handed_over", worker.totals.handed_over);
    add(data, "batches", worker.totals.batches);
    add(data, "full_batches", worker.totals.full_batches);
    add(data, "busy_ns", worker.totals.busy);
    add(data, "flows", worker.flows);
    return 0;
}

}  // namespace

Telemetry::Telemetry(std::function<std::optional<Sample>()> sample) {
    {
        const std::lock_guard lock{mutex};
        current = std::move(sample);
    }
    const auto command = [](const char* name, telemetry_cb function, const char* help) {
        rte_telemetry_register_cmd(name, function, help);
    };
    command("/synward/info", answer<fill_info>, "Version, uptime and packets. No parameters.");
    command("/synward/counters", answer<fill_counters>, "Packets by reason. No parameters.");
    command("/synward/flows", answer<fill_flows>,
            "Connections by state of each endpoint, and how they closed. No parameters.");
    command("/synward/latency", answer<fill_latency>,
            "How long handshakes take, either side, since the start. No parameters.");
    command("/synward/services", answer_services,
            "The services' names, or the figures of one. Parameters: string name (optional).");
    command("/synward/workers", answer_workers,
            "The workers' numbers, or the figures of one. Parameters: int worker (optional).");
}

Telemetry::~Telemetry() {
    const std::lock_guard lock{mutex};
    current = nullptr;
}

}  // namespace synward::control
