// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <arpa/inet.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/reference_checksum.h"

namespace synward::test {

using Bytes = std::vector<std::uint8_t>;

/// Makes Ethernet frames with a TCP segment in them, byte by byte and without any code of the data
/// plane. What is not asked for is right: lengths, checksums, types. What is asked for is done,
/// right or wrong:
///
///     FrameBuilder{}.vlan(5).ipv4("192.0.2.1", "198.51.100.2").tcp(1234, 80).flags(0x02).bytes()
///
/// All numbers in host byte order. Copies are cheap enough to keep one as a template.
class FrameBuilder {
  public:
    // Ethernet
    FrameBuilder& macs(const Bytes& source, const Bytes& destination) {
        source_mac_ = source;
        destination_mac_ = destination;
        return *this;
    }
    /// Adds a tag inside those that there are already.
    FrameBuilder& vlan(unsigned identifier, unsigned ether_type = 0x8100) {
        tags_.emplace_back(ether_type, identifier);
        return *this;
    }
    FrameBuilder& ether_type(unsigned type) { return set(ether_type_, type); }
    /// Bytes behind the IP packet, as Ethernet's minimum asks for them.
    FrameBuilder& padding(std::size_t count) {
        padding_ = count;
        return *this;
    }

    // IP
    FrameBuilder& ipv4(const std::string& source, const std::string& destination) {
        return addresses(AF_INET, source, destination);
    }
    FrameBuilder& ipv6(const std::string& source, const std::string& destination) {
        return addresses(AF_INET6, source, destination);
    }
    /// Four or sixteen bytes each.
    FrameBuilder& raw_addresses(const Bytes& source, const Bytes& destination) {
        source_ = source;
        destination_ = destination;
        return *this;
    }
    FrameBuilder& ip_version(unsigned version) { return set(ip_version_, version); }
    FrameBuilder& traffic_class(unsigned value) {
        traffic_class_ = value;
        return *this;
    }
    FrameBuilder& protocol(unsigned number) {
        protocol_ = number;
        return *this;
    }
    /// IPv4 options; the length is a multiple of four.
    FrameBuilder& ip_options(const Bytes& options) {
        ip_options_ = options;
        return *this;
    }
    FrameBuilder& ihl(unsigned words) { return set(ihl_, words); }
    FrameBuilder& total_length(unsigned octets) { return set(total_length_, octets); }
    /// IPv4's flags and fragment offset as one number of 16 bits.
    FrameBuilder& fragment_field(unsigned value) {
        fragment_field_ = value;
        return *this;
    }
    FrameBuilder& ip_checksum(unsigned value) { return set(ip_checksum_, value); }
    FrameBuilder& ipv6_payload_length(unsigned octets) { return set(ipv6_payload_length_, octets); }
    /// An IPv6 extension header behind those that there are: its own type, and its bytes, of which
    /// the first (next header) is filled in.
    FrameBuilder& extension(unsigned type, const Bytes& bytes) {
        extensions_.emplace_back(type, bytes);
        return *this;
    }
    /// Hop-by-hop (0), routing (43), destination options (60) or mobility (135): `units` of eight
    /// octets, filled with PadN.
    FrameBuilder& extension_of_units(unsigned type, std::size_t units) {
        Bytes bytes(units * 8, 0);
        bytes[1] = static_cast<std::uint8_t>(units - 1);
        bytes[2] = 1;
        bytes[3] = static_cast<std::uint8_t>(units * 8 - 4);
        return extension(type, bytes);
    }
    /// Authentication header with `octets` of data behind its fixed twelve (RFC 4302).
    FrameBuilder& authentication(std::size_t octets) {
        Bytes bytes(12 + octets, 0xaa);
        bytes[1] = static_cast<std::uint8_t>(bytes.size() / 4 - 2);
        return extension(51, bytes);
    }
    FrameBuilder& ipv6_fragment(unsigned offset_octets, bool more) {
        const unsigned field = (offset_octets & 0xfff8U) | (more ? 1U : 0U);
        return extension(44, {0, 0, high(field), low(field), 0xde, 0xad, 0xbe, 0xef});
    }

    // TCP
    FrameBuilder& tcp(unsigned source_port, unsigned destination_port, std::uint32_t sequence = 0,
                      std::uint32_t acknowledgment = 0) {
        source_port_ = source_port;
        destination_port_ = destination_port;
        sequence_ = sequence;
        acknowledgment_ = acknowledgment;
        return *this;
    }
    FrameBuilder& flags(unsigned value) {
        flags_ = value;
        return *this;
    }
    FrameBuilder& window(unsigned value) {
        window_ = value;
        return *this;
    }
    /// As they are; the length is a multiple of four.
    FrameBuilder& options(const Bytes& options) {
        options_ = options;
        return *this;
    }
    FrameBuilder& data_offset(unsigned words) { return set(data_offset_, words); }
    FrameBuilder& tcp_checksum(unsigned value) { return set(tcp_checksum_, value); }
    FrameBuilder& payload(const Bytes& bytes) {
        payload_ = bytes;
        return *this;
    }
    /// `length` octets that differ from each other.
    FrameBuilder& payload(std::size_t length) {
        payload_.clear();
        for (std::size_t i = 0; i < length; ++i) {
            payload_.push_back(static_cast<std::uint8_t>(i * 7 + 1));
        }
        return *this;
    }

    /// All that follows the IP headers, instead of TCP; protocol() is the caller's business.
    FrameBuilder& upper_layer(const Bytes& text) {
        upper_layer_ = text;
        return *this;
    }

    [[nodiscard]] bool is_ipv4() const { return source_.size() == 4; }
    /// Where the IP header begins.
    [[nodiscard]] std::size_t ip_offset() const { return 14 + tags_.size() * 4; }

    [[nodiscard]] Bytes bytes() const {
        Bytes frame = destination_mac_;
        append(frame, source_mac_);
        for (const auto& [type, identifier] : tags_) {
            append16(frame, type);
            append16(frame, identifier);
        }
        append16(frame, ether_type_.value_or(is_ipv4() ? 0x0800 : 0x86dd));
        const Bytes tcp = upper_layer_.value_or(tcp_text());
        append(frame, is_ipv4() ? ipv4_header(tcp.size()) : ipv6_headers(tcp.size()));
        append(frame, tcp);
        frame.insert(frame.end(), padding_, 0x55);
        return frame;
    }

  private:
    static std::uint8_t high(std::size_t value) { return static_cast<std::uint8_t>(value >> 8U); }
    static std::uint8_t low(std::size_t value) { return static_cast<std::uint8_t>(value); }
    static unsigned to_unsigned(std::size_t value) { return static_cast<unsigned>(value); }
    static void append(Bytes& target, const Bytes& bytes) {
        target.insert(target.end(), bytes.begin(), bytes.end());
    }
    static void append16(Bytes& target, std::size_t value) {
        append(target, {high(value), low(value)});
    }
    static void append32(Bytes& target, std::uint32_t value) {
        append16(target, value >> 16U);
        append16(target, value & 0xffffU);
    }
    static void put16(Bytes& target, std::size_t position, unsigned value) {
        target[position] = high(value);
        target[position + 1] = low(value);
    }
    FrameBuilder& set(std::optional<unsigned>& field, unsigned value) {
        field = value;
        return *this;
    }
    static Bytes address(int family, const std::string& text) {
        Bytes bytes(family == AF_INET ? 4 : 16);
        if (inet_pton(family, text.c_str(), bytes.data()) != 1) {
            throw std::invalid_argument{"no such address: " + text};
        }
        return bytes;
    }
    FrameBuilder& addresses(int family, const std::string& source, const std::string& destination) {
        source_ = address(family, source);
        destination_ = address(family, destination);
        return *this;
    }

    [[nodiscard]] Bytes ipv4_header(std::size_t tcp_length) const {
        const std::size_t length = 20 + ip_options_.size();
        Bytes ip;
        ip.push_back(low(ip_version_.value_or(4) << 4U | ihl_.value_or(to_unsigned(length / 4))));
        ip.push_back(low(traffic_class_));
        append16(ip, total_length_.value_or(to_unsigned(length + tcp_length)));
        append16(ip, 0x1234);
        append16(ip, fragment_field_);
        append(ip, {57, low(protocol_), 0, 0});
        append(ip, source_);
        append(ip, destination_);
        append(ip, ip_options_);
        put16(ip, 10, ip_checksum_.value_or(reference_checksum(ip)));
        return ip;
    }

    [[nodiscard]] Bytes ipv6_headers(std::size_t tcp_length) const {
        Bytes chain;
        for (std::size_t i = 0; i < extensions_.size(); ++i) {
            Bytes header = extensions_[i].second;
            header[0] = low(i + 1 < extensions_.size() ? extensions_[i + 1].first : protocol_);
            append(chain, header);
        }
        Bytes ip;
        append32(ip, ip_version_.value_or(6) << 28U | traffic_class_ << 20U | 0x54321U);
        append16(ip, ipv6_payload_length_.value_or(to_unsigned(chain.size() + tcp_length)));
        append(ip, {low(extensions_.empty() ? protocol_ : extensions_[0].first), 57});
        append(ip, source_);
        append(ip, destination_);
        append(ip, chain);
        return ip;
    }

    [[nodiscard]] Bytes tcp_text() const {
        Bytes tcp;
        append16(tcp, source_port_);
        append16(tcp, destination_port_);
        append32(tcp, sequence_);
        append32(tcp, acknowledgment_);
        tcp.push_back(low(data_offset_.value_or(to_unsigned(5 + options_.size() / 4)) << 4U));
        tcp.push_back(low(flags_));
        append16(tcp, window_);
        append(tcp, {0, 0, 0, 0});
        append(tcp, options_);
        append(tcp, payload_);
        put16(tcp, 16, tcp_checksum_.value_or(reference_tcp_checksum(source_, destination_, tcp)));
        return tcp;
    }

    Bytes destination_mac_{0x02, 0, 0, 0, 0, 0x02};
    Bytes source_mac_{0x02, 0, 0, 0, 0, 0x01};
    std::vector<std::pair<unsigned, unsigned>> tags_;
    std::optional<unsigned> ether_type_;
    std::size_t padding_ = 0;
    Bytes source_{192, 0, 2, 1};
    Bytes destination_{198, 51, 100, 2};
    std::optional<unsigned> ip_version_;
    unsigned traffic_class_ = 0;
    unsigned protocol_ = 6;
    Bytes ip_options_;
    std::optional<unsigned> ihl_;
    std::optional<unsigned> total_length_;
    unsigned fragment_field_ = 0x4000;
    std::optional<unsigned> ip_checksum_;
    std::optional<unsigned> ipv6_payload_length_;
    std::vector<std::pair<unsigned, Bytes>> extensions_;
    unsigned source_port_ = 40000;
    unsigned destination_port_ = 80;
    std::uint32_t sequence_ = 0;
    std::uint32_t acknowledgment_ = 0;
    unsigned flags_ = 0x10;
    unsigned window_ = 0xfaf0;
    Bytes options_;
    std::optional<unsigned> data_offset_;
    std::optional<unsigned> tcp_checksum_;
    Bytes payload_;
    std::optional<Bytes> upper_layer_;
};

inline FrameBuilder ipv4_frame() {
    return FrameBuilder{}.ipv4("192.0.2.1", "198.51.100.2");
}
inline FrameBuilder ipv6_frame() {
    return FrameBuilder{}.ipv6("2001:db8::1", "2001:db8:1::2");
}

}  // namespace synward::test
