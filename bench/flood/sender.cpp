// SPDX-License-Identifier: BSD-3-Clause
#include "flood/sender.h"

#include <rte_cycles.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>

#include "flood/pacer.h"

namespace synward::flood {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

double thread_cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

class Sender {
  public:
    Sender(Port& port, const Options& options, const std::atomic<bool>& stop)
        : port_{port},
          options_{options},
          stop_{stop},
          factory_{options.specification},
          count_{options.count.value_or(kNever)} {
        report_ = {.kind = options.specification.kind,
                   .target = options.port,
                   .requested_rate = options.rate};
        // net_null receives zeroes without end.
        if (options.receive && !options.port.starts_with("net_null")) {
            report_.answers.emplace();
        }
    }

    Report run() {
        const auto ticks_per_second = static_cast<double>(rte_get_tsc_hz());
        const double cpu_before = thread_cpu_seconds();
        const std::uint64_t start = rte_rdtsc();
        const std::uint64_t deadline = deadline_after(start, ticks_per_second);
        std::optional<Pacer> pacer;
        if (options_.rate > 0) {
            pacer.emplace(options_.rate, ticks_per_second, start);
        }
        bool over = false;
        while (!over && report_.sent < count_ && !stopped()) {
            const std::uint64_t now = std::min(rte_rdtsc(), deadline);
            const std::uint64_t due = pacer ? pacer->due(now) : kBatch;
            const auto wanted = static_cast<unsigned>(
                std::min({due, std::uint64_t{kBatch}, count_ - report_.sent}));
            if (wanted > 0) {
                send(wanted);
                if (pacer) {
                    pacer->spend(wanted);
                }
            }
            receive();
            const bool all_sent = due <= kBatch;
            over = now == deadline && all_sent;
            if (all_sent && pacer && options_.sleep) {
                const double left = static_cast<double>(deadline - now) / ticks_per_second;
                pause(left);
            }
        }
        report_.seconds = static_cast<double>(rte_rdtsc() - start) / ticks_per_second;
        report_.cpu_seconds = thread_cpu_seconds() - cpu_before;
        await_answers();
        const std::uint64_t errors = std::min(port_.transmit_errors(), report_.sent);
        report_.sent -= errors;
        report_.failed += errors;
        return report_;
    }

  private:
    [[nodiscard]] bool stopped() const { return stop_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t deadline_after(std::uint64_t start, double ticks_per_second) const {
        if (!options_.duration) {
            return kNever;
        }
        const double seconds = std::chrono::duration<double>(*options_.duration).count();
        return start + static_cast<std::uint64_t>(seconds * ticks_per_second);
    }

    /// Lets a batch gather, or what comes in half a millisecond.
    void pause(double seconds_left) const {
        constexpr double kShortest = 50e-6;
        constexpr double kLongest = 500e-6;
        const double batch = std::clamp(kBatch / options_.rate, kShortest, kLongest);
        std::this_thread::sleep_for(std::chrono::duration<double>{std::min(batch, seconds_left)});
    }

    void send(unsigned count) {
        const Port::Sent sent = port_.send(factory_, count);
        report_.sent += sent.packets;
        report_.failed += sent.refused;
        report_.bytes += sent.bytes;
    }

    unsigned receive() { return report_.answers ? port_.receive(*report_.answers) : 0; }

    /// The last packets' answers are still on their way.
    void await_answers() {
        using std::chrono::steady_clock;
        constexpr std::chrono::milliseconds kLinger{50};
        const auto end = steady_clock::now() + kLinger;
        while (report_.answers && steady_clock::now() < end) {
            if (receive() == 0) {
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        }
    }

    Port& port_;
    const Options& options_;
    const std::atomic<bool>& stop_;
    PacketFactory factory_;
    std::uint64_t count_;
    Report report_;
};

}  // namespace

Report send_flood(Port& port, Options options, const std::atomic<bool>& stop) {
    if (!options.source_mac_given) {
        options.specification.source_mac = port.mac();
    }
    // Sleeps are of tens of microseconds; the default slack of 50 would double them.
    prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    return Sender{port, options, stop}.run();
}

}  // namespace synward::flood
