// SPDX-License-Identifier: BSD-3-Clause
//
// AES against SipHash-2-4 as the keyed hash of tuples and cookies, on the inputs that the packet
// path has. "cycles" are those of one input. SipHash gives 64 bits where AES gives
// 128, which is in its favour.
#include <sodium.h>

#include <cstring>
#include <random>
#include <vector>

#include "siphash_lanes.h"
#include "support/harness.h"
#include "tcp/aes128.h"
#include "tcp/tuple_hash.h"

namespace synward::bench {
namespace {

constexpr tcp::Secret kSecret{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::size_t kBatch = 64;
static_assert(crypto_shorthash_KEYBYTES == sizeof kSecret);

// ---- The inputs: each says its size and lays itself out as SipHash's words ---------------------

std::vector<wire::FourTuple> random_tuples(bool ipv4) {
    std::mt19937_64 random{1};
    std::vector<wire::FourTuple> tuples(kBatch);
    for (wire::FourTuple& tuple : tuples) {
        for (wire::Address* address : {&tuple.outside_address, &tuple.inside_address}) {
            const std::array<std::uint64_t, 2> bits{random(), random()};
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(bits.data());
            *address = ipv4 ? wire::Address::from_ipv4(bytes) : wire::Address::from_ipv6(bytes);
        }
        tuple.outside_port = static_cast<std::uint16_t>(random());
        tuple.inside_port = static_cast<std::uint16_t>(random());
    }
    return tuples;
}

std::uint64_t ports(const wire::FourTuple& tuple) {
    return tuple.outside_port | std::uint64_t{tuple.inside_port} << 16;
}

struct Ipv4Tuples {
    static constexpr std::size_t kBytes = 12;
    std::vector<wire::FourTuple> tuples = random_tuples(true);

    [[nodiscard]] std::array<std::uint64_t, 2> words(std::size_t i) const {
        std::uint32_t addresses[2];
        std::memcpy(&addresses[0], tuples[i].outside_address.ipv4(), 4);
        std::memcpy(&addresses[1], tuples[i].inside_address.ipv4(), 4);
        return {addresses[0] | std::uint64_t{addresses[1]} << 32,
                ports(tuples[i]) | std::uint64_t{kBytes} << 56};
    }
};

struct Ipv6Tuples {
    static constexpr std::size_t kBytes = 36;
    std::vector<wire::FourTuple> tuples = random_tuples(false);

    [[nodiscard]] std::array<std::uint64_t, 5> words(std::size_t i) const {
        std::array<std::uint64_t, 5> result;
        std::memcpy(&result[0], tuples[i].outside_address.bytes.data(), 16);
        std::memcpy(&result[2], tuples[i].inside_address.bytes.data(), 16);
        result[4] = ports(tuples[i]) | std::uint64_t{kBytes} << 56;
        return result;
    }
};

/// What the cookie's own MAC covers: 64 bits of the tuple's hash, the client's ISN, a TSval.
struct Cookies {
    static constexpr std::size_t kBytes = 16;
    std::vector<tcp::Block> tuples;
    Cookies() : tuples(kBatch) {
        const Ipv4Tuples addresses;
        for (std::size_t i = 0; i < kBatch; ++i) {
            tuples[i] = tcp::TupleHasher{kSecret}(addresses.tuples[i]);
        }
    }

    [[nodiscard]] std::array<std::uint64_t, 3> words(std::size_t i) const {
        return {tuples[i].low, i * 0x0001000100010001, std::uint64_t{kBytes} << 56};
    }
};

// ---- SipHash-2-4 -------------------------------------------------------------------------------

template <typename Inputs>
std::uint64_t sodium_hash(const Inputs& inputs, std::size_t i) {
    const auto words = inputs.words(i);
    std::uint64_t result;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&result),
                     reinterpret_cast<const unsigned char*>(words.data()), Inputs::kBytes,
                     kSecret.data());
    return result;
}

template <typename Inputs>
void siphash_by_sodium(benchmark::State& state) {
    const Inputs inputs;
    std::array<std::uint64_t, kBatch> results;
    const CycleCount watch;
    for (auto _ : state) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            results[i] = sodium_hash(inputs, i);
        }
        benchmark::DoNotOptimize(results);
        benchmark::ClobberMemory();
    }
    watch.report(state, kBatch);
}

template <typename Inputs, Simd kSimd, std::size_t kLanes>
void siphash_in_lanes(benchmark::State& state) {
    if (!(kSimd == Simd::kAvx512 ? __builtin_cpu_supports("avx512vl")
                                 : __builtin_cpu_supports("avx2"))) {
        state.SkipWithError("the processor has no such instructions");
        return;
    }
    const Inputs inputs;
    const auto key = std::bit_cast<std::array<std::uint64_t, 2>>(kSecret);
    constexpr std::size_t kWords = Inputs::kBytes / 8 + 1;
    std::array<std::uint64_t, kBatch> results;
    const CycleCount watch;
    for (auto _ : state) {
        for (std::size_t i = 0; i < kBatch; i += kLanes) {
            std::array<std::uint64_t, kWords * kLanes> words;
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                const auto message = inputs.words(i + lane);
                for (std::size_t word = 0; word < kWords; ++word) {
                    words[word * kLanes + lane] = message[word];
                }
            }
            siphash_24<kSimd, kLanes>(key, words.data(), kWords, results.data() + i);
        }
        benchmark::DoNotOptimize(results);
        benchmark::ClobberMemory();
    }
    watch.report(state, kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) {
        if (results[i] != sodium_hash(inputs, i)) {
            state.SkipWithError("differs from libsodium");
        }
    }
}

// ---- AES ---------------------------------------------------------------------------------------

template <typename Inputs>
void aes_tuple_one_by_one(benchmark::State& state) {
    const Inputs inputs;
    const tcp::TupleHasher hasher{kSecret};
    std::array<tcp::Block, kBatch> results;
    const CycleCount watch;
    for (auto _ : state) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            results[i] = hasher(inputs.tuples[i]);
        }
        benchmark::DoNotOptimize(results);
        benchmark::ClobberMemory();
    }
    watch.report(state, kBatch);
}

template <typename Inputs>
void aes_tuple_batch(benchmark::State& state) {
    const Inputs inputs;
    const tcp::TupleHasher hasher{kSecret};
    const auto count = static_cast<std::size_t>(state.range(0));
    std::vector<const wire::FourTuple*> pointers;
    for (std::size_t i = 0; i < count; ++i) {
        pointers.push_back(&inputs.tuples[i]);
    }
    std::array<tcp::Block, kBatch> results;
    const CycleCount watch;
    for (auto _ : state) {
        hasher(pointers, results);
        benchmark::DoNotOptimize(results);
        benchmark::ClobberMemory();
    }
    watch.report(state, count);
}

void aes_cookie_mac_batch(benchmark::State& state) {
    const Cookies inputs;
    const tcp::Aes128 cipher{kSecret};
    const auto count = static_cast<std::size_t>(state.range(0));
    std::array<tcp::Block, kBatch> blocks;
    const CycleCount watch;
    for (auto _ : state) {
        for (std::size_t i = 0; i < count; ++i) {
            blocks[i] = inputs.tuples[i] ^ tcp::Block{i * 0x0001000100010001, 0};
        }
        cipher.encrypt({blocks.data(), count});
        benchmark::DoNotOptimize(blocks);
        benchmark::ClobberMemory();
    }
    watch.report(state, count);
}

void aes_portable(benchmark::State& state) {
    const tcp::Aes128 cipher{kSecret};
    std::array<tcp::Block, kBatch> blocks{};
    const CycleCount watch;
    for (auto _ : state) {
        cipher.encrypt_portably(blocks);
        benchmark::DoNotOptimize(blocks);
        benchmark::ClobberMemory();
    }
    watch.report(state, kBatch);
}

/// One after the other, each waiting for the one before: what a single decision waits for.
void aes_latency(benchmark::State& state) {
    const tcp::Aes128 cipher{kSecret};
    tcp::Block block;
    const CycleCount watch;
    for (auto _ : state) {
        block = cipher.encrypt(block);
    }
    benchmark::DoNotOptimize(block);
    watch.report(state, 1);
}

#define SYNWARD_SIPHASH_BENCHMARKS(Inputs)                          \
    BENCHMARK_TEMPLATE(siphash_by_sodium, Inputs);                  \
    BENCHMARK_TEMPLATE(siphash_in_lanes, Inputs, Simd::kAvx2, 4);   \
    BENCHMARK_TEMPLATE(siphash_in_lanes, Inputs, Simd::kAvx2, 8);   \
    BENCHMARK_TEMPLATE(siphash_in_lanes, Inputs, Simd::kAvx512, 8); \
    BENCHMARK_TEMPLATE(siphash_in_lanes, Inputs, Simd::kAvx512, 16)

SYNWARD_SIPHASH_BENCHMARKS(Ipv4Tuples);
BENCHMARK_TEMPLATE(aes_tuple_one_by_one, Ipv4Tuples);
BENCHMARK_TEMPLATE(aes_tuple_batch, Ipv4Tuples)->Arg(4)->Arg(32)->Arg(64);
SYNWARD_SIPHASH_BENCHMARKS(Ipv6Tuples);
BENCHMARK_TEMPLATE(aes_tuple_one_by_one, Ipv6Tuples);
BENCHMARK_TEMPLATE(aes_tuple_batch, Ipv6Tuples)->Arg(4)->Arg(32)->Arg(64);
SYNWARD_SIPHASH_BENCHMARKS(Cookies);
BENCHMARK(aes_cookie_mac_batch)->Arg(4)->Arg(32)->Arg(64);
BENCHMARK(aes_latency);
BENCHMARK(aes_portable);

}  // namespace
}  // namespace synward::bench

int main(int argc, char** argv) {
    synward::bench::Harness harness{"AES beside SipHash as the keyed hash of tuples and cookies"};
    harness.parse(argc, argv);
    return harness.run();
}
