// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "flood/packet_template.h"
#include "flood/random.h"
#include "flood/source_pool.h"
#include "flood/specification.h"

namespace synward::flood {

/// Makes the packets of a flood, one after the other: right in length and checksum, each with a
/// source address, ports, sequence and acknowledgment number, timestamps and IP identification (or
/// flow label) of its own. Packets depend on the specification alone. For one thread.
class PacketFactory {
  public:
    /// Throws std::invalid_argument where the specification contradicts itself.
    explicit PacketFactory(const FloodSpecification& specification);

    /// Bytes that write_next may need at most.
    [[nodiscard]] std::size_t maximum_length() const { return maximum_length_; }

    /// Writes the next packet to the start of `frame`, from the Ethernet header on, and returns its
    /// length. Not padded to Ethernet's minimum. `frame` has room for maximum_length() bytes.
    std::uint32_t write_next(std::span<std::uint8_t> frame);

  private:
    std::vector<PacketTemplate> templates_;
    std::vector<SourcePool> pools_;  ///< one for IPv4, one for IPv6
    std::vector<std::uint16_t> destination_ports_;
    PortRange source_ports_;
    Random random_;
    std::size_t maximum_length_ = 0;
};

}  // namespace synward::flood
