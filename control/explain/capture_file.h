// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pcap;

namespace synward::control::explain {

/// One frame of a capture, from its Ethernet header on.
struct CapturedFrame {
    std::chrono::nanoseconds time{};  ///< since the Unix epoch
    std::vector<std::uint8_t> bytes;
    std::uint32_t length = 0;  ///< on the wire; the capture may have kept less
};

/// Reads a capture: pcap or pcapng, with stamps of microseconds or nanoseconds, of Ethernet or of
/// Linux's "any" device or of bare IP packets, which get an Ethernet header here.
class CaptureFile {
  public:
    /// "-" is the standard input. Throws std::runtime_error with one line for the operator.
    explicit CaptureFile(const std::string& path);

    /// The next frame; nothing at the end. Throws std::runtime_error where the file is damaged.
    std::optional<CapturedFrame> next();

  private:
    struct Close {
        void operator()(pcap* file) const;
    };
    std::string path_;
    std::unique_ptr<pcap, Close> file_;
    int link_type_ = 0;
};

}  // namespace synward::control::explain
