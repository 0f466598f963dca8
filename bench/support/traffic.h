// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "defense/policy.h"
#include "support/random.h"
#include "wire/frame_writer.h"
#include "wire/segment.h"
#include "wire/tcp_options.h"

namespace synward::bench {

/// `count` services of one IPv4 address each, port 443, challenged as said.
defense::Policy policy_of(unsigned count, defense::Challenge challenge);

/// The four-tuple of connection `number` (28 bits), to one of `services` in turn.
wire::FourTuple tuple_of(std::uint32_t number, unsigned services);

/// Its inverse, for any number of services.
std::uint32_t number_of(const wire::FourTuple& tuple);

/// A segment to be written.
struct Draft {
    wire::FourTuple tuple;
    wire::Side from = wire::Side::kOutside;
    wire::TcpFields fields;
    wire::HandshakeOptions options;
    std::uint16_t payload = 0;  ///< octets, all zero
};

/// Writes the frame, right in lengths and checksums and padded to Ethernet's 60 bytes; returns its
/// length. For IPv4 tuples.
std::uint32_t write_frame(std::span<std::uint8_t> frame, const Draft& draft);

/// The segment in a frame that the box has sent by the port of `left_by`.
wire::Segment read_frame(std::span<const std::uint8_t> frame, wire::Side left_by);
/// Its TSval; 0 where it has none.
std::uint32_t timestamp_value(std::span<const std::uint8_t> frame, const wire::Segment& segment);

/// The options of a Linux client's or server's SYN or SYN-ACK.
wire::HandshakeOptions linux_options(std::uint32_t timestamp, std::uint32_t echo);

}  // namespace synward::bench
