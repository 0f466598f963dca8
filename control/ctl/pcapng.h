// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

namespace synward::control::ctl {

/// Writes a capture file as wireshark and tcpdump read it (pcapng,
/// draft-ietf-opsawg-pcapng): one section of Ethernet interfaces, with nanoseconds. Throws
/// std::system_error where a write fails.
class PcapngWriter {
  public:
    enum class Direction : std::uint8_t { kIn = 1, kOut = 2 };

    /// `file` stays the caller's.
    explicit PcapngWriter(std::FILE* file);

    /// The next interface; they are numbered from 0.
    void add_interface(std::string_view name, std::uint32_t snap);
    /// `time`: nanoseconds since the Unix epoch. `bytes`: what was kept of `length`.
    void add_packet(std::uint32_t interface, std::uint64_t time, std::uint32_t length,
                    std::span<const std::uint8_t> bytes, Direction direction,
                    std::string_view comment);

  private:
    void begin(std::uint32_t type);
    void put(const void* bytes, std::size_t length);
    template <typename Number>
    void put_number(Number number) {
        put(&number, sizeof number);
    }
    /// Fills up to a multiple of four.
    void pad();
    void put_option(std::uint16_t code, const void* bytes, std::size_t length);
    void end();

    std::FILE* file_;
    std::vector<std::uint8_t> block_;
};

}  // namespace synward::control::ctl
