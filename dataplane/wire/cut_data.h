// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/segment.h"

namespace synward::wire {

/// Takes the data, and what offers a fast open (RFC 7413), from a SYN in place: IP length, IP and
/// TCP checksums are set. `frame` begins at the Ethernet header and holds all headers. Returns the
/// frame's new length (not padded) and makes `segment` describe it.
std::uint32_t cut_data(std::span<std::uint8_t> frame, Segment& segment);

}  // namespace synward::wire
