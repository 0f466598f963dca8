// SPDX-License-Identifier: BSD-3-Clause
#include "support/path_watch.h"

#include <dlfcn.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <rte_malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SYNWARD_COUNTS_ALLOCATIONS 1
#endif

namespace {

// Signal handlers and other threads see these.
std::atomic<bool> is_watching{false};
std::atomic<std::uint32_t> allocations{0};
std::atomic<std::uint32_t> locks{0};
std::atomic<std::uint32_t> clock_reads{0};
std::atomic<std::uint32_t> system_calls{0};
/// The kernel looks at it before each system call of the watched thread.
volatile char gate = SYSCALL_DISPATCH_FILTER_ALLOW;

[[maybe_unused]] void count_allocation() {
    if (is_watching.load(std::memory_order_relaxed)) {
        allocations.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace

// The program's own definitions come before those of the C library, for its shared libraries too.
#ifdef SYNWARD_COUNTS_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) {
    count_allocation();
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    count_allocation();
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
    count_allocation();
    return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}
void free(void* memory) {
    if (memory != nullptr) {
        count_allocation();
    }
    __libc_free(memory);
}
}
#endif

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) {
    using Lock = int (*)(pthread_mutex_t*);
    static const Lock next = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    if (is_watching.load(std::memory_order_relaxed)) {
        locks.fetch_add(1, std::memory_order_relaxed);
    }
    return next(mutex);
}

namespace synward::test {
namespace {

std::uint64_t cycles_before = 0;

/// The processor refuses to tell the time: count, and tell it all the same.
void on_clock_read(int, siginfo_t*, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const auto* const code = reinterpret_cast<const std::uint8_t*>(registers[REG_RIP]);
    constexpr std::array<std::uint8_t, 2> kRdtsc{0x0f, 0x31};
    constexpr std::array<std::uint8_t, 3> kRdtscp{0x0f, 0x01, 0xf9};
    if (std::memcmp(code, kRdtsc.data(), kRdtsc.size()) == 0) {
        registers[REG_RIP] += kRdtsc.size();
    } else if (std::memcmp(code, kRdtscp.data(), kRdtscp.size()) == 0) {
        registers[REG_RIP] += kRdtscp.size();
        registers[REG_RCX] = 0;
    } else {
        std::signal(SIGSEGV, SIG_DFL);  // a real fault: once more, and to the end
        return;
    }
    const std::uint64_t cycles = cycles_before + ++clock_reads;
    registers[REG_RAX] = static_cast<greg_t>(cycles & 0xffff'ffffU);
    registers[REG_RDX] = static_cast<greg_t>(cycles >> 32U);
}

/// The kernel refuses a system call: count it, and make it all the same.
void on_system_call(int, siginfo_t*, void* context) {
    gate = SYSCALL_DISPATCH_FILTER_ALLOW;  // and no further ones are seen
    ++system_calls;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const long result =
        syscall(registers[REG_RAX], registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                registers[REG_R10], registers[REG_R8], registers[REG_R9]);
    registers[REG_RAX] = result == -1 ? -errno : result;
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(signal, &action, nullptr);
}

/// Where a handler's return calls the system, which must stay allowed.
unsigned long place_of_signal_return() {
    struct {
        void* handler;
        unsigned long flags;
        void* restorer;
        std::uint64_t mask;
    } action{};
    syscall(SYS_rt_sigaction, SIGSEGV, nullptr, &action, sizeof action.mask);
    return reinterpret_cast<unsigned long>(action.restorer);
}

bool begin() {
    constexpr unsigned long kSignalReturnLength = 16;
    handle(SIGSEGV, on_clock_read);
    handle(SIGSYS, on_system_call);
    cycles_before = __builtin_ia32_rdtsc();
    return prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) == 0 &&
           prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, place_of_signal_return(),
                 kSignalReturnLength, &gate) == 0;
}

void end() {
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
    std::signal(SIGSEGV, SIG_DFL);
    std::signal(SIGSYS, SIG_DFL);
}

std::uint32_t dpdk_allocations() {
    rte_malloc_socket_stats statistics{};
    rte_malloc_get_socket_stats(0, &statistics);
    return statistics.alloc_count;
}

}  // namespace

bool can_watch() {
#ifdef SYNWARD_COUNTS_ALLOCATIONS
    const bool can = begin();
    end();
    return can;
#else
    return false;
#endif
}

bool can_watch_clocks() {
    clock_reads = 0;
    const bool can = begin();
    __builtin_ia32_rdtsc();
    end();
    return can && clock_reads != 0;
}

PathReport watch(const std::function<unsigned()>& turn) {
    PathReport report;
    const std::uint32_t before = dpdk_allocations();
    allocations = locks = clock_reads = system_calls = 0;
    begin();
    is_watching = true;
    gate = SYSCALL_DISPATCH_FILTER_BLOCK;
    report.packets = turn();
    gate = SYSCALL_DISPATCH_FILTER_ALLOW;
    is_watching = false;
    end();
    report.system_calls = system_calls;
    report.allocations = allocations;
    report.locks = locks;
    report.clock_reads = clock_reads;
    report.dpdk_allocations = dpdk_allocations() - before;
    return report;
}

std::string PathReport::text() const {
    const auto line = [](const char* name, auto value) {
        return std::string{name} + ' ' + std::to_string(value) + ", ";
    };
    return line("packets", packets) + line("system calls", system_calls) +
           line("allocations", allocations) + line("of DPDK's heap", dpdk_allocations) +
           line("locks", locks) + line("clock reads", clock_reads);
}

}  // namespace synward::test
