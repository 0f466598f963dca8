// SPDX-License-Identifier: BSD-3-Clause
#include "control/run.h"

#include <fmt/format.h>
#include <rte_ethdev.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

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
#include "control/reload_log.h"
#include "control/report.h"
#include "control/report_log.h"
#include "control/secondary_processes.h"
#include "control/service_manager.h"
#include "worker/engine.h"

namespace synward::control {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kControlTurn{100};

bool uses_huge_pages(const config::Configuration& configuration, std::uint64_t needed) {
    if (configuration.dpdk.secondary_processes) {
        return true;
    }
    switch (configuration.memory.huge_pages) {
        case config::HugePages::kOn:
            return true;
        case config::HugePages::kOff:
            return false;
        case config::HugePages::kAuto:
            break;
    }
    return free_huge_pages() >= memory_to_reserve(configuration, needed);
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
                                .side = name(port.side),
                                .received = stats.ipackets,
                                .sent = stats.opackets,
                                .missed = stats.imissed});
    }
    report.services = services_of(engine);
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
    PolicyChange change;
    for (const ReloadError& error : result.errors) {
        change.errors.push_back(error.text);
    }
    for (const config::Change& each : result.changes) {
        change.changes.push_back(each.text());
    }
    return change;
}

std::vector<std::string> eal_arguments_for(const config::Configuration& configuration,
                                           const worker::EngineSettings& settings) {
    const bool huge_pages = uses_huge_pages(configuration, worker::required_memory(settings, true));
    return eal_arguments(configuration, worker::required_memory(settings, huge_pages), huge_pages);
}

std::unique_ptr<SecondaryProcesses> secondary_processes_for(
    const config::Configuration& configuration) {
    return configuration.dpdk.secondary_processes ? std::make_unique<SecondaryProcesses>()
                                                  : nullptr;
}

worker::EngineSettings with_devices(worker::EngineSettings settings,
                                    const config::Configuration& configuration) {
    add_devices(settings, configuration);
    return settings;
}

/// The control thread with all that it owns, in the order in which it is made: signals are blocked
/// before DPDK starts threads, and what watches the engine goes before it.
class Run {
  public:
    Run(const config::Configuration& configuration, const std::string& file,
        const RunOptions& options)
        : configuration_{configuration},
          file_{file},
          options_{options},
          eal_{eal_arguments_for(configuration, settings_)},
          secondary_processes_{secondary_processes_for(configuration)},
          engine_{with_devices(settings_, configuration), configuration.policy},
          reloader_{engine_, configuration, file} {
        add_commands();
        socket_ = control_socket(loop_, configuration.control, commands_);
        observation_.emplace(loop_, engine_, configuration);
        reloader_.on_change([this](const config::Configuration& now) { follow(now); });
    }

    /// Carries packets until something ends the loop. Returns the exit status.
    int carry() {
        log_ports();
        engine_.start();
        // Whoever starts synward may wait for this line's message.
        log::info("synward: ready", {{"workers", settings_.workers},
                                     {"links", settings_.links.size()},
                                     {"services", configuration_.policy.services.size()}});
        service_manager_.feed_watchdog([this] { return engine_.workers_get_on(); });
        service_manager_.tell_ready(kCarrying);
        IdleWatch idle_watch{engine_, options_.until_idle};
        const EventLoop::Watch every_turn = loop_.every(kControlTurn, [&] {
            engine_.reclaim_policies();
            if (secondary_processes_) {
                SecondaryProcesses::keep_promiscuous(engine_.ports());
            }
            if (idle_watch.is_idle()) {
                loop_.stop();
            }
        });
        follow(configuration_);
        std::optional<FileWatch> file_watch;
        if (options_.watch) {
            file_watch.emplace(loop_, file_, [this] { reload(); });
        }
        loop_.run();
        service_manager_.tell_stopping();
        engine_.stop();
        return conclude();
    }

  private:
    static constexpr const char* kCarrying = "carrying packets";

    Report report() const { return report_of(engine_, configuration_, start_); }

    /// What the devices do for the workers, which no benchmark of another machine tells.
    void log_ports() const {
        for (const worker::Port& port : engine_.ports()) {
            const config::Link& link = configuration_.links[port.link];
            const bool is_outside = port.side == wire::Side::kOutside;
            log::info("port", {{"link", link.name},
                               {"side", name(port.side)},
                               {"device", is_outside ? link.outside : link.inside},
                               {"driver", worker::abilities_of(port.id).driver},
                               {"receive_queues", port.receive_queues},
                               {"transmit_queues", port.transmit_queues},
                               {"checksums", port.verifies_checksums ? "device" : "workers"},
                               {"fast_free", port.frees_fast}});
        }
    }

    void add_commands() {
        add_capture_command(commands_, loop_, running_);
        add_report_commands(commands_, running_);
        add_flow_commands(commands_, running_);
        add_policy_commands(commands_, running_);
        add_service_commands(commands_, running_);
        add_source_commands(commands_, running_);
    }

    void reload() {
        service_manager_.tell_reloading();
        log_reload(reloader_.reload(), file_);
        service_manager_.tell_ready(kCarrying);
    }

    /// What of the policy this thread itself goes by.
    void follow(const config::Configuration& now) {
        log::configure(now.log.format, now.log.level);
        reports_ = {};
        if (now.report_interval.count() != 0) {
            reports_ = loop_.every(now.report_interval, [this] { log_report(report()); });
        }
    }

    int conclude() const {
        const Report last = report();
        fmt::print("{}", options_.report == ReportFormat::kJson ? json_of(last) : text_of(last));
        std::fflush(stdout);
        return last.totals.every_packet_is_accounted_for() ? 0 : 1;
    }

    const config::Configuration& configuration_;  ///< by which the run has started
    const std::string& file_;
    const RunOptions& options_;
    EventLoop loop_;
    ServiceManager service_manager_{loop_};
    EventLoop::Watch interrupt_ = loop_.on_signal(SIGINT, [this] { loop_.stop(); });
    EventLoop::Watch terminate_ = loop_.on_signal(SIGTERM, [this] { loop_.stop(); });
    EventLoop::Watch hang_up_ = loop_.on_signal(SIGHUP, [this] { reload(); });
    worker::EngineSettings settings_ = settings_of(configuration_);
    Eal eal_;
    std::unique_ptr<SecondaryProcesses> secondary_processes_;
    worker::Engine engine_;
    SteadyTime start_ = std::chrono::steady_clock::now();
    Reloader reloader_;
    Inquiries inquiries_{loop_, engine_};
    Running running_{
        .configuration = [this]() -> const config::Configuration& { return reloader_.running(); },
        .started = std::chrono::system_clock::now(),
        .report = [this] { return report(); },
        .inquiries = inquiries_,
        .engine = engine_,
        .reload = [this] { return change_of(reloader_.reload()); },
        .challenge =
            [this](std::string_view service, defense::Challenge challenge) {
                return change_of(reloader_.challenge(service, challenge));
            }};
    Commands commands_;
    std::unique_ptr<ControlSocket> socket_;
    std::optional<Observation> observation_;
    EventLoop::Watch reports_;
};

}  // namespace

int run(const config::Configuration& configuration, const std::string& file,
        const RunOptions& options) {
    log::configure(configuration.log.format, configuration.log.level);
    return Run{configuration, file, options}.carry();
}

}  // namespace synward::control
