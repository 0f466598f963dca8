// SPDX-License-Identifier: BSD-3-Clause
#pragma once

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

}  // namespace synward::worker
