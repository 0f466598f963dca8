// SPDX-License-Identifier: BSD-3-Clause
#include "control/sample.h"

#include <rte_ethdev.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace synward::control {
namespace {

PortSample sample_of(const worker::Port& port, const std::string& link) {
    rte_eth_stats stats{};
    rte_eth_stats_get(port.id, &stats);
    return {.link = link,
            .side = name(port.side),
            .received = stats.ipackets,
            .received_bytes = stats.ibytes,
            .sent = stats.opackets,
            .sent_bytes = stats.obytes,
            .missed = stats.imissed,
            .no_buffer = stats.rx_nombuf,
            .receive_errors = stats.ierrors,
            .transmit_errors = stats.oerrors};
}

void add(Sample& sample, const defense::Figures& figures) {
    for (std::size_t kind = 0; kind < sample.closes.size(); ++kind) {
        sample.closes[kind] += figures.closes[kind].value();
    }
    for (std::size_t side = 0; side < sample.endpoints.size(); ++side) {
        for (std::size_t state = 0; state < tcp::kEndpointStateCount; ++state) {
            sample.endpoints[side][state] += figures.endpoints[side][state].value();
        }
    }
    sample.half_open += figures.half_open.value();
    sample.connecting += figures.connecting.value();
    sample.server_handshake += figures.server_handshake;
    sample.client_handshake += figures.client_handshake;
    const std::chrono::nanoseconds began{
        static_cast<std::int64_t>(figures.cookie_key_began.value())};
    sample.cookie_key_age = std::max<std::chrono::duration<double>>(
        sample.cookie_key_age, sample.time.time_since_epoch() - began);
}

}  // namespace

HistogramSample& HistogramSample::operator+=(const defense::LatencyHistogram& histogram) {
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        counts[bucket] += histogram.count(bucket);
    }
    sum += histogram.sum();
    return *this;
}

HistogramSample HistogramSample::since(const HistogramSample& before) const {
    HistogramSample difference = *this;
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        difference.counts[bucket] -= before.counts[bucket];
    }
    difference.sum -= before.sum;
    return difference;
}

std::uint64_t HistogramSample::count() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double HistogramSample::quantile(double share) const {
    const std::uint64_t all = count();
    if (all == 0) {
        return 0;
    }
    const double rank = share * static_cast<double>(all);
    double below = 0;
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        const auto here = static_cast<double>(counts[bucket]);
        if (here > 0 && below + here >= rank) {
            using defense::LatencyHistogram;
            const double begin =
                bucket == 0 ? 0 : static_cast<double>(LatencyHistogram::end_of(bucket - 1));
            const auto end = static_cast<double>(LatencyHistogram::end_of(bucket));
            return (begin + (end - begin) * std::clamp((rank - below) / here, 0.0, 1.0)) / 1e9;
        }
        below += here;
    }
    return 0;
}

std::uint64_t packets_with(const Sample& sample, wire::Disposition disposition) {
    return sample.totals.sum(disposition);
}

Sampler::Sampler(const worker::Engine& engine, const config::Configuration& configuration)
    : engine_{engine}, configuration_{configuration}, started_{std::chrono::system_clock::now()} {}

Sample Sampler::take() const {
    Sample sample;
    sample.time = std::chrono::system_clock::now();
    sample.started = started_;
    sample.services = services_of(engine_);
    for (const auto& each : engine_.workers()) {
        sample.workers.push_back({each->totals(), each->table().size()});
        sample.totals += sample.workers.back().totals;
        sample.flows += sample.workers.back().flows;
        sample.flow_capacity += each->table().capacity();
        add(sample, each->figures());
    }
    for (const worker::Port& port : engine_.ports()) {
        sample.ports.push_back(sample_of(port, configuration_.links[port.link].name));
    }
    return sample;
}

}  // namespace synward::control
