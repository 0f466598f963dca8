// SPDX-License-Identifier: BSD-3-Clause
#include "worker/huge_pages.h"

#include <sys/mman.h>

namespace synward::worker {

void prefer_huge_pages(std::span<std::byte> memory) {
    // A refusal is no error: pages of the usual size do as well, only slower.
    static_cast<void>(madvise(memory.data(), memory.size(), MADV_HUGEPAGE));
}

}  // namespace synward::worker
