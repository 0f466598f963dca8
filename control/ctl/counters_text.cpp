// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/counters_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "control/ctl/connection.h"
#include "control/ctl/text.h"
#include "control/disposition_names.h"
#include "control/service_sample.h"
#include "wire/reason.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

/// A line's count, and how much it has grown in the last interval.
class CounterLines {
  public:
    CounterLines(const CountersView& view, double seconds) : view_{view}, seconds_{seconds} {}

    void add(int depth, std::string_view name, std::uint64_t now, std::uint64_t before,
             std::string_view text = "") {
        if (depth == 2 && now == 0 && !view_.all) {
            return;
        }
        // What went back belongs to another service of this name.
        const auto growth = static_cast<double>(now - std::min(now, before));
        const std::string rate =
            seconds_ > 0 ? fmt::format("{:>9}/s", short_number(growth / seconds_)) : "";
        text_ += fmt::format("{:{}}{:<{}}{:>18}{}{}{}\n", "", 2 * depth, name, 30 - 2 * depth,
                             grouped(now), rate, text.empty() ? "" : "  ", text);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    const CountersView& view_;
    double seconds_;
    std::string text_;
};

/// The sums and the reasons of one worker or of all.
void add_packets(CounterLines& lines, const ordered_json& sums, const ordered_json& reasons,
                 const ordered_json& sums_before, const ordered_json& reasons_before) {
    lines.add(0, "received", value_of(sums, "received"), value_of(sums_before, "received"));
    for (const wire::Disposition disposition : kDispositions) {
        const std::string_view verdict = name(disposition);
        lines.add(1, verdict, value_of(sums, verdict), value_of(sums_before, verdict));
        for (const auto& reason : wire::kReasons) {
            if (reason.disposition == disposition) {
                lines.add(2, reason.name, value_of(reasons, reason.name),
                          value_of(reasons_before, reason.name), reason.text);
            }
        }
    }
    for (const char* name : {"handed_over", "taken_over", "originated_lost"}) {
        lines.add(2, name, value_of(sums, name), value_of(sums_before, name));
    }
}

const ordered_json& worker_of(const ordered_json& counters, int worker) {
    const auto& workers = counters.at("workers");
    if (static_cast<std::size_t>(worker) >= workers.size()) {
        throw Refused{fmt::format("there is no worker {}; there are {}", worker, workers.size())};
    }
    return workers[static_cast<std::size_t>(worker)];
}

/// Nothing where there is none of this name.
const ordered_json* find_service(const ordered_json& counters, std::string_view name) {
    const auto& services = counters.at("services");
    const auto found = std::find_if(services.begin(), services.end(), [&](const auto& service) {
        return service.at("service").template get<std::string_view>() == name;
    });
    return found == services.end() ? nullptr : &*found;
}

void add_service(CounterLines& lines, const ordered_json& now, const ordered_json& before,
                 const std::string& name) {
    const ordered_json* const service = find_service(now, name);
    if (service == nullptr) {
        throw Refused{fmt::format("there is no service '{}'", name)};
    }
    // One that has come since grew by nothing that is known.
    const ordered_json* const earlier = find_service(before, name);
    const ordered_json& its_past = earlier != nullptr ? *earlier : *service;
    for (const ServiceCounter& counter : kServiceCounters) {
        lines.add(0, counter.name, value_of(*service, counter.name),
                  value_of(its_past, counter.name), counter.text);
    }
}

std::string text_of_links(const ordered_json& counters) {
    std::string text;
    for (const auto& port : counters.at("links")) {
        text += fmt::format("link {} {:<8} received {:>16}  sent {:>16}  missed {:>12}\n",
                            port.at("link").get<std::string>(), port.at("side").get<std::string>(),
                            grouped(port.at("received").get<std::uint64_t>()),
                            grouped(port.at("sent").get<std::uint64_t>()),
                            grouped(port.at("missed").get<std::uint64_t>()));
    }
    return text;
}

/// A line for each service that counted anything, or for each.
std::string text_of_services(const ordered_json& counters, bool all) {
    std::string text;
    for (const auto& service : counters.at("services")) {
        std::string counts;
        bool has_counted = false;
        for (const ServiceCounter& counter : kServiceCounters) {
            const std::uint64_t count = value_of(service, counter.name);
            counts += fmt::format(" {:>15}", grouped(count));
            has_counted |= count != 0;
        }
        if (has_counted || all) {
            text += fmt::format("{:<20}{}\n", service.at("service").get<std::string>(), counts);
        }
    }
    if (text.empty()) {
        return "";
    }
    std::string header = fmt::format("{:<20}", "service");
    for (const ServiceCounter& counter : kServiceCounters) {
        header += fmt::format(" {:>15}", counter.name);
    }
    return header + "\n" + text;
}

}  // namespace

std::string counters_text(const ordered_json& now, const ordered_json& before,
                          const CountersView& view) {
    const double seconds =
        before.empty() ? 0 : now.at("seconds").get<double>() - before.at("seconds").get<double>();
    const ordered_json& earlier = before.empty() ? now : before;
    CounterLines lines{view, seconds};
    if (!view.service.empty()) {
        add_service(lines, now, earlier, view.service);
        return lines.text();
    }
    if (view.worker >= 0) {
        const ordered_json& worker = worker_of(now, view.worker);
        const ordered_json& its_past = worker_of(earlier, view.worker);
        add_packets(lines, worker, worker.at("counters"), its_past, its_past.at("counters"));
        return lines.text();
    }
    add_packets(lines, now.at("totals"), now.at("counters"), earlier.at("totals"),
                earlier.at("counters"));
    return lines.text() + text_of_links(now) + text_of_services(now, view.all);
}

}  // namespace synward::control::ctl
