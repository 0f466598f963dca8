// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/configuration.h"
#include "control/attack_watch.h"
#include "control/errands.h"
#include "control/event_loop.h"
#include "control/metrics/http_server.h"
#include "control/metrics/page_feed.h"
#include "control/metrics/telemetry.h"
#include "control/sample.h"

namespace synward::control {

/// Everything by which a run is watched from outside: metrics, the status page, DPDK's telemetry,
/// and the log's lines on attacks. On the control thread.
class Observation {
  public:
    /// All that is given outlives it. Throws std::runtime_error where the policy asks for metrics
    /// at an address that cannot be had; where it is only the default, there is a warning.
    Observation(EventLoop& loop, const worker::Engine& engine,
                const config::Configuration& configuration);
    ~Observation();
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

  private:
    Sample sample() const;
    void look();
    void listen(const config::Metrics& metrics);

    Sampler sampler_;
    AttackWatch attacks_;
    Sample last_;
    bool workers_move_ = true;
    PageFeed feed_;
    Errands errands_;
    std::unique_ptr<HttpServer> server_;
    std::unique_ptr<Telemetry> telemetry_;
    EventLoop::Watch every_second_;
};

}  // namespace synward::control
