// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>

namespace synward::worker {

inline constexpr std::size_t kHugePage = std::size_t{1} << 21U;

/// Asks the kernel for transparent huge pages behind `memory`, which begins at a multiple of
/// kHugePage and has not been touched yet. A table with random access otherwise spends its time on
/// the processor's misses of page tables. Where the memory lies in huge pages already, or the
/// kernel gives none, nothing changes.
void prefer_huge_pages(std::span<std::byte> memory);

}  // namespace synward::worker
