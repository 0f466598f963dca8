// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/top_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "control/ctl/text.h"
#include "wire/reason.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

/// Lines that fit on the screen.
class ScreenLines {
  public:
    ScreenLines(std::size_t columns, std::size_t rows) : columns_{columns}, rows_{rows} {}
    void add(std::string_view line) {
        if (count_ < rows_) {
            text_ += line.substr(0, columns_);
            text_ += '\n';
            ++count_;
        }
    }
    [[nodiscard]] std::size_t left() const { return rows_ - count_; }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::size_t columns_;
    std::size_t rows_;
    std::size_t count_ = 0;
    std::string text_;
};

/// Growth of a number between two samples, per second.
class Rates {
  public:
    Rates(const TopSample& now, const TopSample& before)
        : seconds_{now.counters.at("seconds").get<double>() -
                   before.counters.at("seconds").get<double>()} {}
    [[nodiscard]] double of(const ordered_json& now, const ordered_json& before,
                            std::string_view name) const {
        const std::uint64_t a = value_of(now, name);
        const std::uint64_t b = value_of(before, name);
        return seconds_ > 0 && a > b ? static_cast<double>(a - b) / seconds_ : 0;
    }

  private:
    double seconds_;
};

void add_head(ScreenLines& lines, const TopSample& now, const TopSample& before,
              const Rates& rates) {
    const ordered_json& status = now.status;
    lines.add(fmt::format(
        "synward {}  up {}  flows {} of {}  held {}", status.at("version").get<std::string>(),
        duration_text(status.at("seconds").get<double>()), grouped(value_of(status, "flows")),
        grouped(value_of(status, "flow_capacity")), grouped(value_of(status, "held"))));
    const ordered_json& totals = now.counters.at("totals");
    const ordered_json& earlier = before.counters.at("totals");
    std::string line = "packets/s";
    for (const char* name : {"received", "forwarded", "answered", "dropped", "originated"}) {
        line += fmt::format("  {} {}", name, short_number(rates.of(totals, earlier, name)));
    }
    lines.add(line);
}

void add_workers(ScreenLines& lines, const TopSample& now, const TopSample& before,
                 const Rates& rates) {
    const auto& workers = now.counters.at("workers");
    const auto& earlier = before.counters.at("workers");
    for (std::size_t worker = 0; worker < std::min(workers.size(), earlier.size()); ++worker) {
        // A third of the screen is theirs at most.
        if (worker == 6 && workers.size() > 7) {
            lines.add(fmt::format("  and {} more", workers.size() - worker));
            return;
        }
        lines.add(fmt::format(
            "worker {:<3} core {:<4} received {:>7}/s  dropped {:>7}/s  to others {:>7}/s", worker,
            value_of(now.status.at("workers")[worker], "core"),
            short_number(rates.of(workers[worker], earlier[worker], "received")),
            short_number(rates.of(workers[worker], earlier[worker], "dropped")),
            short_number(rates.of(workers[worker], earlier[worker], "handed_over"))));
    }
}

const ordered_json* service_named(const TopSample& sample, const ordered_json& name) {
    const auto found = std::ranges::find_if(
        sample.services, [&](const ordered_json& row) { return row.at("service") == name; });
    return found == sample.services.end() ? nullptr : &*found;
}

/// Services, those first of which least of the budget is left.
void add_services(ScreenLines& lines, const TopSample& now, const TopSample& before,
                  const Rates& rates, std::size_t most) {
    std::vector<const ordered_json*> sorted;
    for (const ordered_json& row : now.services) {
        sorted.push_back(&row);
    }
    const auto left = [](const ordered_json* row) {
        const auto budget = static_cast<double>(value_of(*row, "budget"));
        return budget == 0 ? 1.0 : static_cast<double>(value_of(*row, "budget_left")) / budget;
    };
    std::ranges::stable_sort(sorted, {}, left);
    lines.add(fmt::format("{:<20} {:<12} {:>9} {:>9} {:>9}  {}", "SERVICE", "CHALLENGE", "BUDGET",
                          "SYN/s", "CHALL./s", ""));
    for (std::size_t place = 0; place < std::min(most, sorted.size()); ++place) {
        const ordered_json& row = *sorted[place];
        const ordered_json* const earlier = service_named(before, row.at("service"));
        const ordered_json& past = earlier != nullptr ? *earlier : row;
        const auto rate_of = [&](const char* figure) {
            return row.contains(figure) ? short_number(rates.of(row, past, figure)) : "-";
        };
        const bool is_spent = value_of(row, "budget_left") == 0;
        const bool is_attacked = row.value("under_attack", false) || is_spent;
        lines.add(fmt::format(
            "{:<20} {:<12} {:>8.0f}% {:>9} {:>9}  {}", row.at("service").get<std::string>(),
            row.at("challenge").get<std::string>(), 100 * left(&row), rate_of("syns"),
            rate_of("challenged"), is_attacked ? "UNDER ATTACK" : ""));
    }
}

/// What happens most, by reason.
void add_reasons(ScreenLines& lines, const TopSample& now, const TopSample& before,
                 const Rates& rates) {
    std::vector<std::pair<double, const wire::ReasonDescription*>> busy;
    for (const auto& reason : wire::kReasons) {
        const double rate =
            rates.of(now.counters.at("counters"), before.counters.at("counters"), reason.name);
        if (rate > 0) {
            busy.emplace_back(rate, &reason);
        }
    }
    std::ranges::stable_sort(busy, std::ranges::greater{},
                             [](const auto& entry) { return entry.first; });
    for (const auto& [rate, reason] : busy) {
        lines.add(
            fmt::format("{:>8}/s  {:<24} {}", short_number(rate), reason->name, reason->text));
    }
}

}  // namespace

std::string top_screen(const TopSample& now, const TopSample& before, std::size_t columns,
                       std::size_t rows) {
    const Rates rates{now, before};
    ScreenLines lines{columns, rows};
    add_head(lines, now, before, rates);
    add_workers(lines, now, before, rates);
    lines.add("");
    add_services(lines, now, before, rates, lines.left() / 2);
    lines.add("");
    add_reasons(lines, now, before, rates);
    return lines.text();
}

}  // namespace synward::control::ctl
