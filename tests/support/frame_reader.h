// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "support/frame_builder.h"

namespace synward::test {

/// What a test wants to know of a frame that came out, read without any code of the data plane.
/// Ethernet with any number of tags, IPv4 with options or IPv6 without extension headers, TCP.
/// Throws std::out_of_range (Bytes::at) where a frame is too short for what it says.
class FrameReader {
  public:
    explicit FrameReader(Bytes frame) : frame_{std::move(frame)} {
        while (word(ip_offset_ - 2) == 0x8100 || word(ip_offset_ - 2) == 0x88a8) {
            ip_offset_ += 4;
        }
        is_ipv4_ = word(ip_offset_ - 2) == 0x0800;
        if (!is_ipv4_ && word(ip_offset_ - 2) != 0x86dd) {
            throw std::invalid_argument{"neither IPv4 nor IPv6"};
        }
        tcp_offset_ = ip_offset_ + (is_ipv4_ ? (byte(ip_offset_) & 0x0fU) * 4 : 40U);
        packet_end_ = ip_offset_ + (is_ipv4_ ? word(ip_offset_ + 2) : 40U + word(ip_offset_ + 4));
        if (packet_end_ > frame_.size() || tcp_offset_ + 20 > packet_end_) {
            throw std::out_of_range{"IP packet longer than its frame or shorter than a header"};
        }
    }

    [[nodiscard]] Bytes ethernet_destination() const { return part(0, 6); }
    [[nodiscard]] Bytes ethernet_source() const { return part(6, 6); }
    /// All between the Ethernet addresses and the IP header.
    [[nodiscard]] Bytes tags_and_type() const { return part(12, ip_offset_ - 12); }
    [[nodiscard]] bool is_ipv4() const { return is_ipv4_; }
    [[nodiscard]] Bytes ip_header() const { return part(ip_offset_, tcp_offset_ - ip_offset_); }
    [[nodiscard]] Bytes ip_source() const {
        return is_ipv4_ ? part(ip_offset_ + 12, 4) : part(ip_offset_ + 8, 16);
    }
    [[nodiscard]] Bytes ip_destination() const {
        return is_ipv4_ ? part(ip_offset_ + 16, 4) : part(ip_offset_ + 24, 16);
    }
    [[nodiscard]] unsigned source_port() const { return word(tcp_offset_); }
    [[nodiscard]] unsigned destination_port() const { return word(tcp_offset_ + 2); }
    [[nodiscard]] std::uint32_t sequence() const { return long_word(tcp_offset_ + 4); }
    [[nodiscard]] std::uint32_t acknowledgment() const { return long_word(tcp_offset_ + 8); }
    [[nodiscard]] unsigned flags() const { return byte(tcp_offset_ + 13); }
    [[nodiscard]] unsigned window() const { return word(tcp_offset_ + 14); }
    [[nodiscard]] Bytes options() const { return part(tcp_offset_ + 20, data_length() - 20); }
    [[nodiscard]] Bytes payload() const {
        const std::size_t start = tcp_offset_ + data_length();
        return part(start, packet_end_ - start);
    }
    /// The frame's length without padding.
    [[nodiscard]] std::size_t length() const { return packet_end_; }

    [[nodiscard]] bool checksums_are_right() const {
        const bool ip_is_right = !is_ipv4_ || reference_checksum(ip_header()) == 0;
        const Bytes tcp = part(tcp_offset_, packet_end_ - tcp_offset_);
        return ip_is_right && reference_tcp_checksum(ip_source(), ip_destination(), tcp) == 0;
    }

  private:
    [[nodiscard]] unsigned byte(std::size_t position) const { return frame_.at(position); }
    [[nodiscard]] unsigned word(std::size_t position) const {
        return byte(position) << 8U | byte(position + 1);
    }
    [[nodiscard]] std::uint32_t long_word(std::size_t position) const {
        return word(position) << 16U | word(position + 2);
    }
    [[nodiscard]] std::size_t data_length() const { return (byte(tcp_offset_ + 12) >> 4U) * 4; }
    [[nodiscard]] Bytes part(std::size_t start, std::size_t length) const {
        if (start > frame_.size() || length > frame_.size() - start) {
            throw std::out_of_range{"beyond the frame"};
        }
        const std::span<const std::uint8_t> bytes = std::span{frame_}.subspan(start, length);
        return {bytes.begin(), bytes.end()};
    }

    Bytes frame_;
    std::size_t ip_offset_ = 14;
    std::size_t tcp_offset_ = 0;
    std::size_t packet_end_ = 0;
    bool is_ipv4_ = false;
};

}  // namespace synward::test
