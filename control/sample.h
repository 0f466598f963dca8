// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "control/service_sample.h"
#include "defense/latency_histogram.h"
#include "flow/close_kind.h"
#include "tcp/endpoint.h"
#include "worker/counters.h"
#include "worker/engine.h"

namespace synward::control {

/// What one device counted.
struct PortSample {
    std::string link;
    std::string side;  ///< "outside" or "inside"
    std::uint64_t received = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t missed = 0;           ///< arrived while the device had no room
    std::uint64_t no_buffer = 0;        ///< arrived while there was no packet buffer
    std::uint64_t receive_errors = 0;   ///< arrived damaged
    std::uint64_t transmit_errors = 0;  ///< could not be sent
};

struct WorkerSample {
    worker::Totals totals;
    std::uint64_t flows = 0;
};

struct HistogramSample {
    std::array<std::uint64_t, defense::LatencyHistogram::kBuckets> counts{};
    std::uint64_t sum = 0;  ///< nanoseconds

    HistogramSample& operator+=(const defense::LatencyHistogram& histogram);
    /// What came since `before`, which is older.
    [[nodiscard]] HistogramSample since(const HistogramSample& before) const;
    [[nodiscard]] std::uint64_t count() const;
    /// The time in seconds that `share` (0-1) of all stay within; 0 where there are none.
    [[nodiscard]] double quantile(double share) const;
};

/// All figures of a run at one moment.
struct Sample {
    std::chrono::system_clock::time_point time;
    std::chrono::system_clock::time_point started;
    worker::Totals totals;
    std::vector<WorkerSample> workers;
    std::vector<PortSample> ports;
    std::vector<ServiceSample> services;
    std::array<std::uint64_t, flow::kCloseKindCount> closes{};
    /// How many flows have an endpoint in each state, by side (wire::Side).
    std::array<std::array<std::uint64_t, tcp::kEndpointStateCount>, 2> endpoints{};
    std::uint64_t flows = 0;
    std::uint64_t flow_capacity = 0;
    std::uint64_t half_open = 0;
    std::uint64_t connecting = 0;
    std::chrono::duration<double> cookie_key_age{};  ///< of the oldest that is in use
    HistogramSample server_handshake;
    HistogramSample client_handshake;
};

/// Takes samples of an engine. On the control thread, which alone changes the policy.
class Sampler {
  public:
    Sampler(const worker::Engine& engine, const config::Configuration& configuration);
    [[nodiscard]] Sample take() const;

  private:
    const worker::Engine& engine_;
    const config::Configuration& configuration_;
    std::chrono::system_clock::time_point started_;
};

/// Sums and differences of packets: what a reader of a sample asks for.
std::uint64_t packets_with(const Sample& sample, wire::Disposition disposition);

}  // namespace synward::control
