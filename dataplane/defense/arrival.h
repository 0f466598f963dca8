// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "defense/link_headers.h"
#include "flow/flow.h"
#include "tcp/aes128.h"
#include "wire/segment.h"

namespace synward::defense {

/// What is known of a segment's checksums before it is decided.
enum class ChecksumState : std::uint8_t {
    kUnknown,  ///< verify when it matters
    kRight,    ///< TCP's is right; IPv4's is to be verified
    kWrong,    ///< TCP's is wrong
    kAllRight,
};

/// A TCP segment as it comes to be decided.
struct Arrival {
    const wire::Segment& segment;
    std::span<const std::uint8_t> frame;  ///< from the Ethernet header; all headers at least
    tcp::Block hash;                      ///< of segment.tuple
    flow::Flow* flow = nullptr;           ///< the flow, if there is one
    ChecksumState checksum = ChecksumState::kUnknown;
    std::uint16_t port = 0;  ///< the device by which it came (DPDK's number), for originations

    [[nodiscard]] std::span<const std::uint8_t> options() const {
        return frame.subspan(segment.options_offset(), segment.options_length());
    }
    [[nodiscard]] LinkHeader link_header() const {
        return LinkHeader::of(frame, segment.ip_offset, segment.from, port);
    }
};

}  // namespace synward::defense
