// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/journal.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

// There where a sanitizer is linked in.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace synward::fuzz {
namespace {

const Journal* journal_under_way = nullptr;

void print_at_death() {
    if (journal_under_way != nullptr) {
        journal_under_way->print();
    }
}

void die(int signal) {
    // Printing allocates, which a signal handler should not; the process is lost anyway.
    std::signal(signal, SIG_DFL);
    print_at_death();
    std::raise(signal);
}

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

}  // namespace

Extent extent_or(std::uint64_t packets, std::uint64_t seed) {
    return {number_of("SYNWARD_FUZZ_PACKETS", packets), number_of("SYNWARD_FUZZ_SEED", seed)};
}

Journal::Journal(const Extent& extent) : seed_{extent.seed} {
    journal_under_way = this;
    std::printf("SYNWARD_FUZZ_SEED=%llu SYNWARD_FUZZ_PACKETS=%llu\n",
                static_cast<unsigned long long>(extent.seed),
                static_cast<unsigned long long>(extent.packets));
    std::fflush(stdout);
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(print_at_death);
        return;
    }
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
        std::signal(signal, die);
    }
}

void Journal::note(wire::Side from, const test::Bytes& frame) {
    if (count_ == entries_.size()) {
        entries_.emplace_back();
    }
    entries_[count_].from = from;
    entries_[count_].frame = frame;
    ++count_;
}

void Journal::print() const {
    std::fprintf(stderr, "seed %llu, the last batch:\n", static_cast<unsigned long long>(seed_));
    for (std::size_t index = 0; index < count_; ++index) {
        const Entry& entry = entries_[index];
        std::fprintf(stderr, "%s ", entry.from == wire::Side::kOutside ? "outside" : "inside ");
        for (const std::uint8_t byte : entry.frame) {
            std::fprintf(stderr, "%02x", byte);
        }
        std::fprintf(stderr, "\n");
    }
}

}  // namespace synward::fuzz
