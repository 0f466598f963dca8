// SPDX-License-Identifier: BSD-3-Clause
//
// The worker loop, whole and on one core: what a packet of each kind costs between two ring
// devices, beside the floor, which is the same packets over the same devices merely forwarded.
// Cycles are those of the time stamp counter. Each figure checks by the box's own counters that the
// packets had the fate that it speaks of.
//
//     path_bench [--flows 1048576] [--services 1000] --benchmark_out=path.json
#include <benchmark/benchmark.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "path/connections.h"
#include "wire/headers.h"

namespace synward::bench {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

constexpr unsigned kRound = Rig::kRound;

struct Sizes {
    std::uint32_t flows = 1U << 20U;
    unsigned services = 1000;
    bool time_stands_still = false;
};
Sizes sizes;

/// Not inlined, so that an instruction counter can be told to count here alone.
[[gnu::noinline]] void run_measured(worker::Engine& engine) {
    settle(engine);
}

/// A box between ring devices with `sizes.flows` connections resident.
class Bench {
  public:
    explicit Bench(Challenge challenge)
        : policy_{policy_of(sizes.services, challenge)},
          engine_{{.links = {rig_.ports()},
                   .clock = sizes.time_stands_still ? worker::Clock::Source::kPacket
                                                    : worker::Clock::Source::kTsc,
                   .flow_capacity = sizes.flows + sizes.flows / 6 + 4 * kRound,
                   .packet_buffers = 8 * kRound},
                  policy_},
          connections{rig_, engine_, sizes.flows + kRound, sizes.services} {
        connections.establish(0, sizes.flows, challenge == Challenge::kAlways);
    }
    /// Runs the box over what was injected; returns cycles.
    std::uint64_t measure() {
        const Stopwatch watch;
        run_measured(engine_);
        return watch.cycles();
    }
    /// The same for what is not to be measured.
    void run() { settle(engine_); }
    void drain() {
        rig_.drain(Side::kOutside);
        rig_.drain(Side::kInside);
    }
    std::uint64_t count(const std::vector<Reason>& reasons) const {
        const worker::Totals totals = engine_.totals();
        std::uint64_t sum = 0;
        for (const Reason reason : reasons) {
            sum += totals.by_reason[static_cast<std::size_t>(reason)];
        }
        return sum;
    }
    /// All that the box has counted, for whom a figure is not what it says.
    std::string fates() const {
        const worker::Totals totals = engine_.totals();
        std::string text = "received " + std::to_string(totals.received);
        for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
            if (totals.by_reason[reason] != 0) {
                text += ", " + std::string{wire::kReasons[reason].name} + " " +
                        std::to_string(totals.by_reason[reason]);
            }
        }
        return text;
    }
    /// A further connection, not among the resident ones, for round `place` of kRound.
    static std::uint32_t spare(unsigned place) { return sizes.flows + place; }
    Rig& rig() { return rig_; }
    Random& random() { return random_; }

  private:
    Rig rig_;
    defense::Policy policy_;  // the engine keeps a reference
    worker::Engine engine_;
    Random random_;

  public:
    Connections connections;
};

/// Engines of different policies do not share the process's memory at one time.
Bench& bench_with(Challenge challenge) {
    static std::unique_ptr<Bench> bench;
    static Challenge current{};
    if (!bench || current != challenge) {
        bench.reset();
        bench = std::make_unique<Bench>(challenge);
        current = challenge;
    }
    return *bench;
}

void report(benchmark::State& state, std::uint64_t cycles, std::uint64_t packets) {
    state.SetItemsProcessed(static_cast<std::int64_t>(packets));
    state.counters["cycles"] = static_cast<double>(cycles) / static_cast<double>(packets);
}

/// What a figure does in each round: injects, and cleans up behind what was measured.
struct Round {
    std::function<void(Bench&)> prepare;
    std::vector<Reason> expected;
    std::function<void(Bench&)> clean = [](Bench& bench) { bench.drain(); };
};

void measure(benchmark::State& state, Challenge challenge, const Round& round) {
    Bench& bench = bench_with(challenge);
    std::uint64_t cycles = 0;
    std::uint64_t packets = 0;
    for (auto _ : state) {
        round.prepare(bench);
        const std::uint64_t before = bench.count(round.expected);
        const std::uint64_t taken = bench.measure();
        state.SetIterationTime(static_cast<double>(taken) / Stopwatch::hertz());
        cycles += taken;
        packets += kRound;
        const std::uint64_t met = bench.count(round.expected) - before;
        round.clean(bench);
        if (met != kRound) {
            state.SkipWithError(("another fate: " + bench.fates()).c_str());
            break;
        }
    }
    report(state, cycles, packets);
}

// Traffic.

/// A SYN or ACK of nobody's connection: another source each time.
void inject_stray(Bench& bench, unsigned flags, bool bare) {
    const std::uint32_t number = bench.random().next() | 0x8000'0000U;
    Draft draft{.tuple = tuple_of(number & 0xfff'ffffU, sizes.services)};
    draft.tuple.outside_address.bytes[12] = 203;
    draft.fields = {.sequence = wire::SequenceNumber{bench.random().next()},
                    .acknowledgment =
                        wire::SequenceNumber{(flags & wire::kAck) != 0 ? bench.random().next() : 0},
                    .window = 64'240,
                    .flags = static_cast<std::uint8_t>(flags)};
    if (!bare) {
        draft.options = linux_options(number, 0);
    }
    bench.rig().inject(Side::kOutside, [&](auto frame) { return write_frame(frame, draft); });
}

void strays(Bench& bench, unsigned flags, bool bare) {
    for (unsigned place = 0; place < kRound; ++place) {
        inject_stray(bench, flags, bare);
    }
}

/// Of the even connections the clients send, of the odd ones the servers: in one round the order
/// between the two devices is open, and nobody acknowledges what the box has not seen.
void data_both_ways(Bench& bench, std::uint16_t payload, unsigned count = kRound) {
    for (unsigned place = 0; place < count; place += 2) {
        bench.connections.inject_client_data(bench.random().below(sizes.flows) & ~1U, payload);
        bench.connections.inject_server_data(bench.random().below(sizes.flows) | 1U, payload);
    }
}

void each_spare(Bench& bench, void (Connections::*inject)(std::uint32_t)) {
    for (unsigned place = 0; place < kRound; ++place) {
        (bench.connections.*inject)(Bench::spare(place));
    }
}

// The floor: no box, the same packets and devices.

void floor_of(benchmark::State& state, bool touches, Challenge challenge,
              const std::function<void(Bench&)>& prepare) {
    Bench& bench = bench_with(challenge);
    const worker::LinkPorts ports = bench.rig().ports();
    std::uint64_t cycles = 0;
    for (auto _ : state) {
        prepare(bench);
        const Stopwatch watch;
        for (bool moved = true; moved;) {
            moved = false;
            for (const auto& [from, to] :
                 {std::pair{ports.outside, ports.inside}, std::pair{ports.inside, ports.outside}}) {
                std::array<rte_mbuf*, worker::kBatchSize> packets;
                const std::uint16_t count =
                    rte_eth_rx_burst(from, 0, packets.data(), packets.size());
                for (unsigned place = 0; touches && place < count; ++place) {
                    if (place + 4U < count) {
                        rte_prefetch0(rte_pktmbuf_mtod(packets[place + 4U], void*));
                    }
                    auto& ethernet = wire::header_at<wire::EthernetHeader>(
                        rte_pktmbuf_mtod(packets[place], std::uint8_t*));
                    std::swap(ethernet.source, ethernet.destination);
                }
                moved |= count != 0;
                rte_eth_tx_burst(to, 0, packets.data(), count);
            }
        }
        const std::uint64_t taken = watch.cycles();
        state.SetIterationTime(static_cast<double>(taken) / Stopwatch::hertz());
        cycles += taken;
        bench.drain();
    }
    report(state, cycles, static_cast<std::uint64_t>(state.iterations()) * kRound);
}

void add(const char* name, const std::function<void(benchmark::State&)>& run) {
    benchmark::RegisterBenchmark(name, run)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

void add_round(const char* name, Challenge challenge, const Round& round) {
    add(name, [=](benchmark::State& state) { measure(state, challenge, round); });
}

void register_challenged() {
    const auto challenge = Challenge::kAlways;
    const auto syns = [](Bench& bench) { strays(bench, wire::kSyn, false); };
    const auto bare_syns = [](Bench& bench) { strays(bench, wire::kSyn, true); };
    const auto acks = [](Bench& bench) { strays(bench, wire::kAck, true); };
    const auto data = [](Bench& bench) { data_both_ways(bench, 64); };
    add("floor/io/syn", [=](benchmark::State& state) { floor_of(state, false, challenge, syns); });
    add("floor/touch/syn",
        [=](benchmark::State& state) { floor_of(state, true, challenge, syns); });
    add("floor/touch/data",
        [=](benchmark::State& state) { floor_of(state, true, challenge, data); });
    add_round("syn_answered/linux", challenge, {syns, {Reason::kSynChallenged}});
    add_round("syn_answered/bare", challenge, {bare_syns, {Reason::kSynChallenged}});
    add_round("ack_flood", challenge,
              {acks, {Reason::kCookieInvalid, Reason::kCookieNotOutstanding}});
    add_round("data/spliced", challenge, {data, {Reason::kInConnection}});
    add_round("mixed", challenge,
              {[](Bench& bench) {
                   for (unsigned place = 0; place < kRound * 9 / 10; ++place) {
                       inject_stray(bench, wire::kSyn, false);
                   }
                   // An even number, which data_both_ways takes.
                   data_both_ways(bench, 64, kRound - kRound * 9 / 10);
               },
               {Reason::kSynChallenged, Reason::kInConnection}});
}

void register_untouched() {
    add_round("data/unspliced", Challenge::kNever,
              {[](Bench& bench) { data_both_ways(bench, 64); }, {Reason::kInConnection}});
    add_round("syn_passed", Challenge::kNever,
              {[](Bench& bench) {
                   for (unsigned place = 0; place < kRound; ++place) {
                       bench.connections.renew(Bench::spare(place));
                   }
                   each_spare(bench, &Connections::inject_syn);
               },
               {Reason::kSynUnchallenged, Reason::kSynRetransmitted}});
}

}  // namespace
}  // namespace synward::bench

int main(int argc, char** argv) {
    using synward::bench::sizes;
    benchmark::Initialize(&argc, argv);
    CLI::App app{"What a packet of each kind costs on one core"};
    unsigned megabytes = 2048;
    app.add_option("--flows", sizes.flows, "connections resident")->capture_default_str();
    app.add_option("--services", sizes.services, "services in the policy")->capture_default_str();
    app.add_option("--memory", megabytes, "MiB for DPDK")->capture_default_str();
    app.add_flag("--still", sizes.time_stands_still,
                 "time stands still, so that instructions can be counted");
    CLI11_PARSE(app, argc, argv);
    const bool huge = synward::bench::start_eal(megabytes);
    benchmark::AddCustomContext("pages", huge ? "2 MiB" : "4 KiB");
    benchmark::AddCustomContext("flows", std::to_string(sizes.flows));
    benchmark::AddCustomContext("services", std::to_string(sizes.services));
    benchmark::AddCustomContext("cpu", SYNWARD_CPU);
    synward::bench::register_challenged();
    synward::bench::register_untouched();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
