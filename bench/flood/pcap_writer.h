// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>

namespace synward::flood {

/// Writes Ethernet frames to a pcap file with nanosecond time stamps
/// (draft-ietf-opsawg-pcap section 4), in the host's byte order as readers expect.
class PcapWriter {
  public:
    /// Replaces the file. Throws std::system_error when it cannot.
    explicit PcapWriter(const std::string& path);

    /// `time` since the epoch, less than 2^32 seconds.
    void write(std::chrono::nanoseconds time, std::span<const std::uint8_t> frame);
    /// Flushes and closes. Throws std::system_error when not everything could be written.
    void close();

  private:
    std::string path_;
    std::ofstream file_;
};

}  // namespace synward::flood
