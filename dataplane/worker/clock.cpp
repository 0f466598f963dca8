// SPDX-License-Identifier: BSD-3-Clause
#include "worker/clock.h"

#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>

#include <chrono>
#include <stdexcept>

namespace synward::worker {

Clock::Clock(Source source) : source_{source} {
    if (source == Source::kPacket) {
        if (rte_mbuf_dyn_rx_timestamp_register(&stamp_offset_, &stamp_flag_) != 0) {
            throw std::runtime_error{"no room in packet buffers for the packets' time stamps"};
        }
        return;
    }
    start_cycles_ = rte_rdtsc();
    nanoseconds_per_cycle_ = 1e9 / static_cast<double>(rte_get_tsc_hz());
    start_ = tcp::Time{std::chrono::system_clock::now().time_since_epoch()};
}

tcp::Time Clock::now() const {
    if (source_ == Source::kPacket) {
        return latest_packet_;
    }
    const auto cycles = static_cast<double>(rte_rdtsc() - start_cycles_);
    return start_ + tcp::Duration{static_cast<std::int64_t>(cycles * nanoseconds_per_cycle_)};
}

void Clock::see(const rte_mbuf& packet) {
    if ((packet.ol_flags & stamp_flag_) == 0) {
        return;
    }
    // net_pcap stamps in microseconds, the resolution of a classic capture.
    const auto microseconds =
        *RTE_MBUF_DYNFIELD(&packet, stamp_offset_, const rte_mbuf_timestamp_t*);
    const tcp::Time stamp{std::chrono::microseconds{static_cast<std::int64_t>(microseconds)}};
    if (stamp > latest_packet_) {
        latest_packet_ = stamp;
    }
}

}  // namespace synward::worker
