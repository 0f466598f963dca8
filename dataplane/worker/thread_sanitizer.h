// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace synward::worker {

// What DPDK's own code orders between threads, the thread sanitizer cannot see, as that code is not
// built with it. These tell it, and are nothing in any other build: all that one thread did before
// released(x) has happened for the thread that calls acquired(x) afterwards.

inline void released([[maybe_unused]] void* what) {
#if defined(__SANITIZE_THREAD__)
    __tsan_release(what);
#endif
}

inline void acquired([[maybe_unused]] void* what) {
#if defined(__SANITIZE_THREAD__)
    __tsan_acquire(what);
#endif
}

/// The same for a packet, with what its buffers hold: released where a thread hands it on or gives
/// it back to DPDK's pool, acquired where a thread takes it over or gets it from there.
inline void released_packet([[maybe_unused]] rte_mbuf* packet) {
#if defined(__SANITIZE_THREAD__)
    while (packet != nullptr) {
        rte_mbuf* const next = packet->next;  // no longer ours to read afterwards
        released(packet);
        packet = next;
    }
#endif
}

inline void acquired_packet([[maybe_unused]] rte_mbuf* packet) {
#if defined(__SANITIZE_THREAD__)
    for (rte_mbuf* part = packet; part != nullptr; part = part->next) {
        acquired(part);
    }
#endif
}

}  // namespace synward::worker
