// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/page_feed.h"

#include <nlohmann/json.hpp>

#include "control/disposition_names.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;
using wire::Disposition;

ordered_json latency_of(const HistogramSample& histogram) {
    return {{"count", histogram.count()},
            {"p50", histogram.quantile(0.5)},
            {"p90", histogram.quantile(0.9)},
            {"p99", histogram.quantile(0.99)}};
}

struct Sums {
    std::uint64_t syns = 0, challenged = 0, redeemed = 0, failed = 0, completed = 0;
};

Sums sums_of(const Sample& sample) {
    Sums sums;
    for (const ServiceSample& service : sample.services) {
        sums.syns += service.syns;
        sums.challenged += service.challenged;
        sums.redeemed += service.redeemed;
        sums.failed += service.failed;
        sums.completed += service.completed;
    }
    return sums;
}

/// A counter that went back was that of a service that is gone.
std::uint64_t growth(std::uint64_t now, std::uint64_t before) {
    return now > before ? now - before : 0;
}

ordered_json point_of(const Sample& sample, const Sample& before) {
    const double seconds = std::chrono::duration<double>{sample.time - before.time}.count();
    const auto rate = [&](std::uint64_t now, std::uint64_t then) {
        return seconds > 0 ? static_cast<double>(growth(now, then)) / seconds : 0.0;
    };
    const Sums now = sums_of(sample);
    const Sums then = sums_of(before);
    ordered_json point;
    point["time"] = std::chrono::duration<double>{sample.time.time_since_epoch()}.count();
    point["received"] = rate(sample.totals.received, before.totals.received);
    point["dropped"] =
        rate(sample.totals.sum(Disposition::kDropped), before.totals.sum(Disposition::kDropped));
    point["syns"] = rate(now.syns, then.syns);
    point["challenged"] = rate(now.challenged, then.challenged);
    point["redeemed"] = rate(now.redeemed, then.redeemed);
    point["failed"] = rate(now.failed, then.failed);
    point["completed"] = rate(now.completed, then.completed);
    point["flows"] = sample.flows;
    point["server"] = latency_of(sample.server_handshake.since(before.server_handshake));
    point["client"] = latency_of(sample.client_handshake.since(before.client_handshake));
    // The states by which connections come and go; the outside is the clients' side.
    const auto state = [&](tcp::EndpointState each) {
        return sample.endpoints[0][static_cast<std::size_t>(each)];
    };
    using State = tcp::EndpointState;
    point["established"] = state(State::kEstablished);
    point["half_open"] = sample.half_open + sample.connecting;
    point["closing"] = state(State::kFinWait1) + state(State::kFinWait2) +
                       state(State::kCloseWait) + state(State::kClosing) + state(State::kLastAck);
    point["time_wait"] = state(State::kTimeWait) + state(State::kClosed);
    ordered_json busy = ordered_json::array();
    for (std::size_t index = 0; index < sample.workers.size(); ++index) {
        const worker::Totals& one = sample.workers[index].totals;
        const worker::Totals& old = before.workers[index].totals;
        busy.push_back({{"busy", rate(one.busy, old.busy) / 1e9},
                        {"received", rate(one.received, old.received)},
                        {"batch", one.batches == old.batches
                                      ? 0.0
                                      : static_cast<double>(one.received - old.received) /
                                            static_cast<double>(one.batches - old.batches)}});
    }
    point["workers"] = std::move(busy);
    return point;
}

ordered_json services_of(const Sample& sample, const Sample& before) {
    ordered_json services = ordered_json::array();
    const double seconds = std::chrono::duration<double>{sample.time - before.time}.count();
    for (const ServiceSample& service : sample.services) {
        const ServiceSample* then = nullptr;
        for (const ServiceSample& each : before.services) {
            then = each.name == service.name ? &each : then;
        }
        services.push_back(
            {{"name", service.name},
             {"challenge", service.challenge},
             {"method", service.method},
             {"budget", service.budget},
             {"budget_used", growth(service.budget, service.credits_left)},
             {"syns", service.syns},
             {"syn_rate", then != nullptr && seconds > 0
                              ? static_cast<double>(growth(service.syns, then->syns)) / seconds
                              : 0.0},
             {"challenged", service.challenged},
             {"redeemed", service.redeemed},
             {"failed", service.failed},
             {"completed", service.completed},
             {"under_attack", service.under_attack}});
    }
    return services;
}

}  // namespace

ordered_json page_state(const Sample& sample, const Sample& before) {
    ordered_json state;
    state["version"] = SYNWARD_VERSION;
    state["uptime"] = std::chrono::duration<double>{sample.time - sample.started}.count();
    state["received"] = sample.totals.received;
    for (const auto disposition :
         {Disposition::kForwarded, Disposition::kAnswered, Disposition::kHeld,
          Disposition::kDropped, Disposition::kOriginated}) {
        state[std::string{name(disposition)}] = sample.totals.sum(disposition);
    }
    state["accounted_for"] = sample.totals.every_packet_is_accounted_for();
    const Sums sums = sums_of(sample);
    state["syns"] = sums.syns;
    state["challenged"] = sums.challenged;
    state["redeemed"] = sums.redeemed;
    state["failed"] = sums.failed;
    state["completed"] = sums.completed;
    state["flows"] = sample.flows;
    state["flow_capacity"] = sample.flow_capacity;
    state["cookie_key_age"] = sample.cookie_key_age.count();
    for (std::size_t side = 0; side < sample.endpoints.size(); ++side) {
        ordered_json& endpoints = state["endpoints"][name(static_cast<wire::Side>(side))];
        for (std::size_t each = 0; each < tcp::kEndpointStateCount; ++each) {
            endpoints[std::string{tcp::name(static_cast<tcp::EndpointState>(each))}] =
                sample.endpoints[side][each];
        }
    }
    for (std::size_t kind = 0; kind < sample.closes.size(); ++kind) {
        state["closes"][std::string{flow::name(static_cast<flow::CloseKind>(kind))}] =
            sample.closes[kind];
    }
    state["services"] = services_of(sample, before);
    state["reasons"] = ordered_json::array();
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        if (sample.totals.by_reason[reason] != 0) {
            const auto& description = wire::kReasons[reason];
            state["reasons"].push_back({{"name", description.name},
                                        {"verdict", name(description.disposition)},
                                        {"text", description.text},
                                        {"count", sample.totals.by_reason[reason]}});
        }
    }
    state["ports"] = ordered_json::array();
    for (const PortSample& port : sample.ports) {
        state["ports"].push_back(
            {{"link", port.link},
             {"side", port.side},
             {"received", port.received},
             {"sent", port.sent},
             {"lost", port.missed + port.no_buffer + port.receive_errors + port.transmit_errors}});
    }
    state["point"] = point_of(sample, before);
    return state;
}

void PageFeed::publish(const Sample& sample) {
    const ordered_json state = page_state(sample, last_.value_or(sample));
    {
        const std::lock_guard lock{mutex_};
        latest_ = {latest_.number + 1, state.dump()};
        // The first has nothing before it to be told from.
        if (last_) {
            points_.push_back(state["point"].dump());
        }
        if (points_.size() > kHistory) {
            points_.pop_front();
        }
    }
    last_ = sample;
    published_.notify_all();
}

void PageFeed::close() {
    {
        const std::lock_guard lock{mutex_};
        is_closed_ = true;
    }
    published_.notify_all();
}

std::optional<PageFeed::Update> PageFeed::wait_after(std::uint64_t seen) {
    std::unique_lock lock{mutex_};
    published_.wait(lock, [&] { return is_closed_ || latest_.number > seen; });
    return is_closed_ ? std::nullopt : std::optional{latest_};
}

std::string PageFeed::history() const {
    const std::lock_guard lock{mutex_};
    std::string text = "[";
    for (const std::string& point : points_) {
        text += (text.size() == 1 ? "" : ",") + point;
    }
    return text + "]";
}

}  // namespace synward::control
