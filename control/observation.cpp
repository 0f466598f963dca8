// SPDX-License-Identifier: BSD-3-Clause
#include "control/observation.h"

#include <stdexcept>

#include "control/log.h"
#include "control/metrics/families.h"

namespace synward::control {
namespace {

constexpr std::chrono::seconds kInterval{1};
// A scrape waits no longer for the control thread.
constexpr std::chrono::seconds kAnswerPatience{3};

void log_attack(const AttackWatch::Event& event) {
    if (event.kind == AttackWatch::Event::Kind::kBegins) {
        const double rate = static_cast<double>(event.challenged) / event.duration.count();
        log::warning(
            "service under attack",
            {{"service", event.service}, {"challenges_per_second", fmt::format("{:.0f}", rate)}});
        return;
    }
    log::warning("attack ended", {{"service", event.service},
                                  {"duration", fmt::format("{:.0f}s", event.duration.count())},
                                  {"syns_challenged", event.challenged},
                                  {"redeemed", event.redeemed}});
}

/// Every worker has gone on since `before`.
bool all_move(const Sample& sample, const Sample& before) {
    for (std::size_t index = 0; index < sample.workers.size(); ++index) {
        if (sample.workers[index].totals.turns == before.workers[index].totals.turns) {
            return false;
        }
    }
    return true;
}

}  // namespace

Observation::Observation(EventLoop& loop, const worker::Engine& engine,
                         const config::Configuration& configuration)
    : sampler_{engine, configuration}, last_{sampler_.take()}, errands_{loop} {
    listen(configuration.metrics);
    telemetry_ = std::make_unique<Telemetry>(
        [this] { return errands_.run([this] { return sample(); }, kAnswerPatience); });
    every_second_ = loop.every(kInterval, [this] { look(); });
}

Observation::~Observation() {
    for (const AttackWatch::Event& event : attacks_.finish(sampler_.take())) {
        log_attack(event);
    }
    // Nobody waits for this thread any more, which now waits for them.
    errands_.close();
    feed_.close();
}

void Observation::listen(const config::Metrics& metrics) {
    if (metrics.listen.empty()) {
        return;
    }
    const HttpServer::Answers answers{
        .metrics =
            [this] {
                return errands_.run([this] { return exposition_of(sample()); }, kAnswerPatience);
            },
        .is_healthy =
            [this] {
                return errands_.run([this] { return workers_move_; }, kAnswerPatience)
                    .value_or(false);
            }};
    try {
        server_ = std::make_unique<HttpServer>(metrics.listen, feed_, answers);
        log::info("metrics and status page", {{"url", "http://" + metrics.listen + "/"}});
    } catch (const std::runtime_error& error) {
        if (metrics.is_required) {
            throw std::runtime_error{std::string{"metrics.listen: "} + error.what()};
        }
        log::warning(
            "no metrics and no status page; metrics.listen in the policy names another "
            "address, or off",
            {{"reason", error.what()}});
    }
}

Sample Observation::sample() const {
    Sample sample = sampler_.take();
    attacks_.mark(sample);
    return sample;
}

void Observation::look() {
    Sample sample = sampler_.take();
    for (const AttackWatch::Event& event : attacks_.look(sample)) {
        log_attack(event);
    }
    workers_move_ = all_move(sample, last_);
    if (server_) {
        feed_.publish(sample);
    }
    last_ = std::move(sample);
}

}  // namespace synward::control
