// SPDX-License-Identifier: BSD-3-Clause
// A user-space wire between two devices that delays, loses, doubles, reorders, corrupts and slows
// down what crosses it: netem for kernels that have none, with dice that fall the same way each
// time.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <variant>

#include "impair/lane.h"
#include "impair/options.h"
#include "impair/packet_socket.h"
#include "impair/report.h"
#include "impair/third_segments.h"

namespace synward::impair {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void send_due(Lane& lane, PacketSocket& port) {
    std::array<Lane::Entry, PacketSocket::kBatch> entries;
    std::array<std::span<const std::uint8_t>, PacketSocket::kBatch> frames;
    std::size_t count = 0;
    do {
        const Time now = Clock::now();
        count = lane.take_due(now, entries);
        if (count == 0) {
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            frames[i] = lane.frame(entries[i]);
        }
        for (std::size_t done = 0; done < count;) {
            const std::size_t sent = port.send({frames.data() + done, count - done});
            for (std::size_t i = done; i < done + sent; ++i) {
                lane.sent(entries[i], now);
            }
            done += sent;
            if (done < count && sent == 0) {
                lane.refused(entries[done++]);
            }
        }
    } while (count == entries.size());
}

constexpr Duration kLongestSleep = std::chrono::milliseconds{50};  // a signal may just have gone by

/// Sleeps until a packet comes, one is due or a signal arrives.
void wait(const PacketSocket& left, const PacketSocket& right, const Lane& to_right,
          const Lane& to_left) {
    const Time now = Clock::now();
    const Time latest = now + kLongestSleep;
    const Time next = std::min(
        {latest, to_right.next_due().value_or(latest), to_left.next_due().value_or(latest)});
    const timespec timeout{.tv_sec = 0,
                           .tv_nsec = std::max(Duration{0}, Duration{next - now}).count()};
    std::array<pollfd, 2> ports{{{left.descriptor(), POLLIN, 0}, {right.descriptor(), POLLIN, 0}}};
    ppoll(ports.data(), ports.size(), &timeout, nullptr);
}

void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested.store(true, std::memory_order_relaxed); };
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

void run(const Options& options) {
    stop_on_signals();
    prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond
    PacketSocket left{options.left};
    PacketSocket right{options.right};
    const std::uint32_t longest = std::max(left.longest(), right.longest());
    Lane to_right{options.to_right, options.seed, options.queue, longest};
    Lane to_left{options.to_left, ~options.seed, options.queue, longest};
    ThirdSegments third_segments;
    std::cerr << "impair: ready" << std::endl;
    while (!stop_requested.load(std::memory_order_relaxed)) {
        const Time now = Clock::now();
        std::size_t received = left.receive([&](std::span<const std::uint8_t> frame) {
            if (options.lose_third_segment && third_segments.is_one(frame)) {
                to_right.lose_third_segment();
            } else {
                to_right.arrive(frame, now);
            }
        });
        received +=
            right.receive([&](std::span<const std::uint8_t> frame) { to_left.arrive(frame, now); });
        send_due(to_right, right);
        send_due(to_left, left);
        if (received == 0) {
            wait(left, right, to_right, to_left);
        }
    }
    Counts rightward = to_right.counts();
    Counts leftward = to_left.counts();
    rightward.missed = left.missed();
    leftward.missed = right.missed();
    std::cout << as_json(rightward, leftward) << std::flush;
}

}  // namespace
}  // namespace synward::impair

int main(int argc, char** argv) {
    using namespace synward::impair;
    try {
        const auto parsed = parse_command_line(argc, argv);
        if (const int* status = std::get_if<int>(&parsed)) {
            return *status;
        }
        run(std::get<Options>(parsed));
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "impair: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
