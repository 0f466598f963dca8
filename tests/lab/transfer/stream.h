// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace synward::lab {

/// The bytes of stream number `seed` from `offset` on: the same wherever a piece begins.
void fill_stream(std::uint64_t seed, std::uint64_t offset, std::span<char> bytes);

}  // namespace synward::lab
