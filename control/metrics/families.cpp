// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "control/disposition_names.h"

namespace synward::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::initializer_list<std::pair<const char*, std::string>>;

/// One family while it is put together.
class Family {
  public:
    Family(MetricType type, std::string name, std::string help) {
        family_.name = std::move(name);
        family_.help = std::move(help);
        family_.type = type;
    }
    Family& add(double value, Labels labels = {}) {
        ClientMetric& metric = labelled(labels);
        (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
        return *this;
    }
    Family& add(std::uint64_t value, Labels labels = {}) {
        return add(static_cast<double>(value), labels);
    }
    Family& add(const HistogramSample& histogram, Labels labels) {
        ClientMetric& metric = labelled(labels);
        std::uint64_t below = 0;
        for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
            below += histogram.counts[bucket];
            // Two bounds an octave, from 16 us to a minute, do for a graph.
            constexpr std::size_t kFirst = 11, kLast = 100;
            if (bucket >= kFirst && bucket < kLast && bucket % 2 == 1) {
                const auto end = defense::LatencyHistogram::end_of(bucket);
                metric.histogram.bucket.push_back({below, static_cast<double>(end) / 1e9});
            }
        }
        metric.histogram.bucket.push_back({below, std::numeric_limits<double>::infinity()});
        metric.histogram.sample_count = below;
        metric.histogram.sample_sum = static_cast<double>(histogram.sum) / 1e9;
        return *this;
    }
    MetricFamily take() { return std::move(family_); }

  private:
    ClientMetric& labelled(Labels labels) {
        ClientMetric& metric = family_.metric.emplace_back();
        for (const auto& [name, value] : labels) {
            metric.label.push_back({name, value});
        }
        return metric;
    }
    MetricFamily family_;
};

Family counter(std::string name, std::string help) {
    return {MetricType::Counter, "synward_" + std::move(name), std::move(help)};
}
Family gauge(std::string name, std::string help) {
    return {MetricType::Gauge, "synward_" + std::move(name), std::move(help)};
}

using Families = std::vector<MetricFamily>;

void add_run(const Sample& sample, Families& families) {
    families.push_back(gauge("build_info", "Always 1; the version that runs, and its processor.")
                           .add(1.0, {{"version", SYNWARD_VERSION}, {"cpu", SYNWARD_CPU}})
                           .take());
    const std::chrono::duration<double> start = sample.started.time_since_epoch();
    families.push_back(
        gauge("start_time_seconds", "When the run began, seconds since the Unix epoch.")
            .add(start.count())
            .take());
}

void add_packets(const Sample& sample, Families& families) {
    families.push_back(counter("received_packets_total", "Packets received from all ports.")
                           .add(sample.totals.received)
                           .take());
    Family packets = counter("packets_total",
                             "Packets by what became of them and why. What was received was "
                             "forwarded, answered, dropped or is held; originated is what the box "
                             "sent of its own.");
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        const auto& description = wire::kReasons[reason];
        packets.add(sample.totals.by_reason[reason],
                    {{"verdict", std::string{name(description.disposition)}},
                     {"reason", std::string{description.name}}});
    }
    families.push_back(packets.take());
    families.push_back(gauge("held_segments", "Segments held for servers that have not answered.")
                           .add(sample.totals.held_now)
                           .take());
    families.push_back(
        counter("originated_lost_packets_total", "Packets of the box's own that no port took.")
            .add(sample.totals.originated_lost)
            .take());
    families.push_back(counter("uncounted_connections_total",
                               "Connections that no limit of their source counts, because the "
                               "table of sources was full.")
                           .add(sample.totals.uncounted_at_source)
                           .take());
}

void add_connections(const Sample& sample, Families& families) {
    families.push_back(gauge("flows",
                             "Connections that are followed now, closed ones that linger "
                             "included.")
                           .add(sample.flows)
                           .take());
    families.push_back(gauge("flow_capacity", "Connections that can be followed at one time.")
                           .add(sample.flow_capacity)
                           .take());
    families.push_back(gauge("half_open_flows", "Connections whose handshake is not complete.")
                           .add(sample.half_open)
                           .take());
    families.push_back(
        gauge("connecting_flows", "Challenged clients that wait for their server's answer.")
            .add(sample.connecting)
            .take());
    Family endpoints = gauge("flow_endpoints",
                             "Connections by the state of each endpoint (RFC 9293); the clients "
                             "are outside. Counted by a walk over the flow table that takes up to "
                             "two seconds.");
    for (std::size_t side = 0; side < sample.endpoints.size(); ++side) {
        for (std::size_t state = 0; state < tcp::kEndpointStateCount; ++state) {
            endpoints.add(
                sample.endpoints[side][state],
                {{"side", name(static_cast<wire::Side>(side))},
                 {"state", std::string{tcp::name(static_cast<tcp::EndpointState>(state))}}});
        }
    }
    families.push_back(endpoints.take());
    Family closes =
        counter("closes_total",
                "Connections by how they closed: by FINs in four segments, in three, or by both "
                "sides at once; by RST; by silence; replaced by a new connection of their ports.");
    for (std::size_t kind = 0; kind < sample.closes.size(); ++kind) {
        closes.add(sample.closes[kind],
                   {{"kind", std::string{flow::name(static_cast<flow::CloseKind>(kind))}}});
    }
    families.push_back(closes.take());
    families.push_back(
        Family{MetricType::Histogram, "synward_handshake_seconds",
               "How long handshakes take: server, from the first SYN to the SYN-ACK; client, from "
               "the SYN-ACK to the ACK, where it was sent once."}
            .add(sample.server_handshake, {{"side", "server"}})
            .add(sample.client_handshake, {{"side", "client"}})
            .take());
    families.push_back(
        gauge("cookie_key_age_seconds", "For how long cookies have been made with the present key.")
            .add(sample.cookie_key_age.count())
            .take());
}

void add_services(const Sample& sample, Families& families) {
    Family info = gauge("service_info", "Always 1; how a service is defended.");
    for (const ServiceSample& service : sample.services) {
        info.add(1.0, {{"service", service.name},
                       {"challenge", service.challenge},
                       {"method", service.method}});
    }
    families.push_back(info.take());
    const auto each = [&](Family family, auto&& value) {
        for (const ServiceSample& service : sample.services) {
            family.add(static_cast<double>(value(service)), {{"service", service.name}});
        }
        families.push_back(family.take());
    };
    using Service = const ServiceSample&;
    for (const ServiceCounter& figure : kServiceCounters) {
        each(counter(std::string{figure.metric}, std::string{figure.text} + "."),
             [&](Service service) { return service.*figure.value; });
    }
    each(gauge("service_budget", "Half-open connections that are let through at one time."),
         [](Service service) { return service.budget; });
    each(gauge("service_budget_used", "Half-open connections that have a part of the budget."),
         [](Service service) {
             return service.budget - std::min(service.budget, service.credits_left);
         });
    each(gauge("service_under_attack",
               "1 while a hundred or more challenges a second stay unanswered, and ten seconds "
               "longer."),
         [](Service service) { return service.under_attack ? 1 : 0; });
}

void add_workers(const Sample& sample, Families& families) {
    const auto each = [&](Family family, auto&& value) {
        for (std::size_t index = 0; index < sample.workers.size(); ++index) {
            family.add(static_cast<double>(value(sample.workers[index])),
                       {{"worker", std::to_string(index)}});
        }
        families.push_back(family.take());
    };
    using Worker = const WorkerSample&;
    each(counter("worker_received_packets_total", "Packets that the worker read from its queues."),
         [](Worker worker) { return worker.totals.received; });
    each(counter("worker_batches_total",
                 "Reads of a queue that found packets; packets by batches is the batch fill."),
         [](Worker worker) { return worker.totals.batches; });
    each(counter("worker_full_batches_total",
                 "Reads that came back full: more packets were waiting."),
         [](Worker worker) { return worker.totals.full_batches; });
    each(counter("worker_busy_seconds_total",
                 "Time spent in turns that found packets; its rate is the busy ratio."),
         [](Worker worker) { return static_cast<double>(worker.totals.busy) / 1e9; });
    each(counter("worker_handed_over_packets_total", "Packets given to the worker that owns them."),
         [](Worker worker) { return worker.totals.handed_over; });
    each(counter("worker_taken_over_packets_total", "Packets taken from other workers."),
         [](Worker worker) { return worker.totals.taken_over; });
    each(gauge("worker_flows", "Connections that the worker follows."),
         [](Worker worker) { return worker.flows; });
}

void add_ports(const Sample& sample, Families& families) {
    const auto each = [&](Family family, auto&& value) {
        for (const PortSample& port : sample.ports) {
            family.add(value(port), {{"link", port.link}, {"side", port.side}});
        }
        families.push_back(family.take());
    };
    using Port = const PortSample&;
    each(counter("port_received_packets_total", "Packets that the device received."),
         [](Port port) { return port.received; });
    each(counter("port_received_bytes_total", "Bytes that the device received."),
         [](Port port) { return port.received_bytes; });
    each(counter("port_sent_packets_total", "Packets that the device sent."),
         [](Port port) { return port.sent; });
    each(counter("port_sent_bytes_total", "Bytes that the device sent."),
         [](Port port) { return port.sent_bytes; });
    Family drops = counter("port_dropped_packets_total",
                           "Packets that the device lost: no room in its queue (missed), no packet "
                           "buffer, damaged on arrival, or refused on their way out.");
    for (const PortSample& port : sample.ports) {
        const auto add = [&](const char* cause, std::uint64_t value) {
            drops.add(value, {{"link", port.link}, {"side", port.side}, {"cause", cause}});
        };
        add("missed", port.missed);
        add("no_buffer", port.no_buffer);
        add("receive_error", port.receive_errors);
        add("transmit_error", port.transmit_errors);
    }
    families.push_back(drops.take());
}

}  // namespace

std::vector<MetricFamily> families_of(const Sample& sample) {
    Families families;
    add_run(sample, families);
    add_packets(sample, families);
    add_connections(sample, families);
    add_services(sample, families);
    add_workers(sample, families);
    add_ports(sample, families);
    return families;
}

std::string exposition_of(const Sample& sample) {
    return prometheus::TextSerializer{}.Serialize(families_of(sample));
}

}  // namespace synward::control
