// SPDX-License-Identifier: BSD-3-Clause
#include "control/run.h"

#include <fmt/format.h>
#include <rte_ethdev.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "config/values.h"
#include "control/commands/capture_command.h"
#include "control/commands/flow_commands.h"
#include "control/commands/policy_commands.h"
#include "control/commands/report_commands.h"
#include "control/commands/service_commands.h"
#include "control/commands/source_commands.h"
#include "control/control_socket.h"
#include "control/eal.h"
#include "control/engine_settings.h"
#include "control/event_loop.h"
#include "control/file_watch.h"
#include "control/log.h"
#include "control/observation.h"
#include "control/reload.h"
#include "control/report.h"
#include "control/service_manager.h"
#include "worker/engine.h"

namespace synward::control {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kControlTurn{100};

bool uses_huge_pages(const config::Configuration& configuration, std::uint64_t needed) {
    switch (configuration.memory.huge_pages) {
        case config::HugePages::kOn:
            return true;
        case config::HugePages::kOff:
            return false;
        case config::HugePages::kAuto:
            break;
    }
    return free_huge_pages() >= std::max(needed, configuration.memory.size);
}

std::uint16_t port_of(const std::string& device, const std::string& link) {
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(config::device_identity(device).c_str(), &port) != 0) {
        throw std::runtime_error{fmt::format("link '{}': DPDK has no device '{}'", link, device)};
    }
    return port;
}

/// Whether the workers hand packets over themselves; decides kAuto by what the devices can do.
bool steers_by_software(const config::Configuration& configuration,
                        const std::vector<worker::LinkPorts>& links) {
    const std::size_t workers = configuration.workers.cores.size();
    std::string unable;
    for (const worker::LinkPorts& link : links) {
        for (const std::uint16_t port : {link.outside, link.inside}) {
            const worker::PortAbilities abilities = worker::abilities_of(port);
            if (!abilities.symmetric_rss || abilities.receive_queues < workers ||
                abilities.transmit_queues < workers) {
                unable = abilities.driver;
            }
        }
    }
    if (configuration.workers.steering == config::Steering::kRss && workers > 1 &&
        !unable.empty()) {
        throw std::runtime_error{fmt::format(
            "workers.steering: rss, but a device of driver {} has no symmetric receive-side "
            "scaling over {} queues; use 'auto' or 'software'",
            unable, workers)};
    }
    return configuration.workers.steering == config::Steering::kSoftware || !unable.empty();
}

Report report_of(const worker::Engine& engine, const config::Configuration& configuration,
                 SteadyTime start) {
    Report report;
    report.running_time = std::chrono::steady_clock::now() - start;
    for (const auto& one : engine.workers()) {
        report.workers.push_back(one->totals());
        report.totals += report.workers.back();
        report.flows += one->table().size();
    }
    for (const worker::Port& port : engine.ports()) {
        rte_eth_stats stats{};
        rte_eth_stats_get(port.id, &stats);
        report.ports.push_back({.link = configuration.links[port.link].name,
                                .side = port.side == wire::Side::kOutside ? "outside" : "inside",
                                .received = stats.ipackets,
                                .sent = stats.opackets,
                                .missed = stats.imissed});
    }
    return report;
}

/// Ends the run when nothing has arrived for as long as the options say. Called at every turn.
class IdleWatch {
  public:
    IdleWatch(const worker::Engine& engine, std::optional<std::chrono::milliseconds> patience)
        : engine_{engine}, patience_{patience} {}
    /// Whether it is time.
    bool is_idle() {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (const std::uint64_t latest = engine_.totals().received; latest != received_) {
            received_ = latest;
            last_arrival_ = now;
        }
        return patience_ && now - last_arrival_ >= *patience_;
    }

  private:
    const worker::Engine& engine_;
    std::optional<std::chrono::milliseconds> patience_;
    std::uint64_t received_ = 0;
    SteadyTime last_arrival_ = std::chrono::steady_clock::now();
};

/// Nothing, with a warning, where the policy does not ask for the socket and it cannot be had: a
/// second synward on the machine, or one without the right to make it.
std::unique_ptr<ControlSocket> control_socket(EventLoop& loop, const config::Control& control,
                                              const Commands& commands) {
    if (control.socket.empty()) {
        return nullptr;
    }
    try {
        return std::make_unique<ControlSocket>(loop, control.socket, control.group, commands);
    } catch (const std::runtime_error& error) {
        if (control.is_socket_required || !control.group.empty()) {
            throw;
        }
        log::warning("no control socket; control.socket in the policy names another, or off",
                     {{"reason", error.what()}});
        return nullptr;
    }
}

/// As the control socket tells it.
PolicyChange change_of(const ReloadResult& result) {
    PolicyChange change{.errors = result.errors, .changes = {}};
    for (const config::Change& each : result.changes) {
        change.changes.push_back(each.text());
    }
    return change;
}

}  // namespace

int run(const config::Configuration& configuration, const std::string& file,
        const RunOptions& options) {
    log::configure(configuration.log.format, configuration.log.level);
    EventLoop loop;
    // Before DPDK starts threads, which take over what is blocked here.
    const EventLoop::Watch interrupt = loop.on_signal(SIGINT, [&] { loop.stop(); });
    const EventLoop::Watch terminate = loop.on_signal(SIGTERM, [&] { loop.stop(); });
    std::optional<Reloader> reloader;
    ServiceManager service_manager{loop};
    const auto reload = [&] {
        service_manager.tell_reloading();
        fmt::print(stderr, "{}", log_of(reloader->reload(), file));
        service_manager.tell_ready("carrying packets");
    };
    const EventLoop::Watch hang_up = loop.on_signal(SIGHUP, reload);
    worker::EngineSettings settings = settings_of(configuration);
    const bool huge_pages = uses_huge_pages(configuration, worker::required_memory(settings, true));
    const Eal eal{
        eal_arguments(configuration, worker::required_memory(settings, huge_pages), huge_pages)};
    for (std::size_t index = 0; index < settings.links.size(); ++index) {
        const config::Link& link = configuration.links[index];
        settings.links[index] = {port_of(link.outside, link.name), port_of(link.inside, link.name)};
    }
    settings.steers_by_software = steers_by_software(configuration, settings.links);

    worker::Engine engine{settings, configuration.policy};
    reloader.emplace(engine, configuration, file);
    const SteadyTime start = std::chrono::steady_clock::now();
    Inquiries inquiries{loop, engine};
    const Running running{
        .configuration = [&]() -> const config::Configuration& { return reloader->running(); },
        .started = std::chrono::system_clock::now(),
        .report = [&] { return report_of(engine, configuration, start); },
        .inquiries = inquiries,
        .engine = engine,
        .reload = [&] { return change_of(reloader->reload()); },
        .challenge =
            [&](std::string_view service, defense::Challenge challenge) {
                return change_of(reloader->challenge(service, challenge));
            }};
    Commands commands;
    add_capture_command(commands, loop, running);
    add_report_commands(commands, running);
    add_flow_commands(commands, running);
    add_policy_commands(commands, running);
    add_service_commands(commands, running);
    add_source_commands(commands, running);
    const auto socket = control_socket(loop, configuration.control, commands);
    const Observation observation{loop, engine, configuration};
    engine.start();
    // Whoever starts synward may wait for this line's message.
    log::info("synward: ready", {{"workers", settings.workers},
                                 {"links", settings.links.size()},
                                 {"services", configuration.policy.services.size()}});
    service_manager.feed_watchdog([&] { return engine.workers_get_on(); });
    service_manager.tell_ready("carrying packets");
    IdleWatch idle_watch{engine, options.until_idle};
    const EventLoop::Watch idle = loop.every(kControlTurn, [&] {
        engine.reclaim_policies();
        if (idle_watch.is_idle()) {
            loop.stop();
        }
    });
    EventLoop::Watch reports;
    const auto follow_change = [&](const config::Configuration& now) {
        log::configure(now.log.format, now.log.level);
        reports = {};
        if (now.report_interval.count() != 0) {
            reports = loop.every(now.report_interval, [&] {
                fmt::print(stderr, "{}", text_of(report_of(engine, configuration, start)));
            });
        }
    };
    follow_change(configuration);
    reloader->on_change(follow_change);
    std::optional<FileWatch> file_watch;
    if (options.watch) {
        file_watch.emplace(loop, file, reload);
    }
    loop.run();
    service_manager.tell_stopping();
    engine.stop();
    const Report report = report_of(engine, configuration, start);
    fmt::print("{}", options.report == ReportFormat::kJson ? json_of(report) : text_of(report));
    std::fflush(stdout);
    return report.totals.every_packet_is_accounted_for() ? 0 : 1;
}

}  // namespace synward::control
