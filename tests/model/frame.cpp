// SPDX-License-Identifier: BSD-3-Clause
#include "frame.h"

#include <cstring>

namespace synward::model {
namespace {

using wire::Side;

constexpr unsigned kEthernet = 14;
constexpr std::array<std::uint8_t, 4> kClient4{203, 0, 113, 1};
constexpr std::array<std::uint8_t, 4> kServer4{198, 51, 100, 2};
constexpr std::array<std::uint8_t, 16> kClient6{0x20, 1, 0x0d, 0xb8, 0xff, 0xff, 0, 0,
                                                0,    0, 0,    0,    0,    0,    0, 1};
constexpr std::array<std::uint8_t, 16> kServer6{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0,
                                                0,    0, 0,    0,    0, 0, 0, 2};

void put16(std::uint8_t* at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8U);
    at[1] = static_cast<std::uint8_t>(value);
}
void put32(std::uint8_t* at, std::uint32_t value) {
    put16(at, value >> 16U);
    put16(at + 2, value);
}
std::uint32_t get16(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 8U | at[1];
}
std::uint32_t get32(const std::uint8_t* at) {
    return get16(at) << 16U | get16(at + 2);
}

/// RFC 1071; an odd octet counts as the first of a pair.
std::uint32_t sum(const std::uint8_t* bytes, unsigned count) {
    std::uint32_t total = 0;
    unsigned at = 0;
    for (; at + 1 < count; at += 2) {
        total += get16(bytes + at);
    }
    return at < count ? total + (std::uint32_t{bytes[at]} << 8U) : total;
}
std::uint32_t folded(std::uint32_t total) {
    while (total > 0xffffU) {
        total = (total & 0xffffU) + (total >> 16U);
    }
    return total;
}

unsigned tcp_offset(bool ipv6) {
    return kEthernet + (ipv6 ? 40U : 20U);
}

/// Over the pseudo-header and what is kept of the segment; the rest is zero.
std::uint32_t tcp_sum(const Frame& frame, bool ipv6) {
    const unsigned offset = tcp_offset(ipv6);
    const std::uint8_t* const addresses = &frame.bytes[kEthernet + (ipv6 ? 8U : 12U)];
    const std::uint32_t length = frame.length - offset;
    return folded(sum(addresses, ipv6 ? 32 : 8) + 6 + (length >> 16U) + (length & 0xffffU) +
                  sum(&frame.bytes[offset], frame.kept - offset));
}

unsigned put_options(const Segment& segment, std::uint8_t* at) {
    unsigned count = 0;
    const auto put = [&](std::initializer_list<unsigned> bytes) {
        for (const unsigned byte : bytes) {
            at[count++] = static_cast<std::uint8_t>(byte);
        }
    };
    if (segment.mss) {
        put({2, 4, unsigned{*segment.mss} >> 8U, *segment.mss & 0xffU});
    }
    if (segment.sack_permitted) {
        put({1, 1, 4, 2});
    }
    if (segment.has_timestamps) {
        put({1, 1, 8, 10});
        put32(at + count, segment.timestamp);
        put32(at + count + 4, segment.echo);
        count += 8;
    }
    if (segment.scale) {
        put({1, 3, 3, *segment.scale});
    }
    return count;
}

bool take_options(Segment& segment, const std::uint8_t* at, unsigned count) {
    for (unsigned i = 0; i < count && at[i] != 0;) {
        if (at[i] == 1) {
            ++i;
            continue;
        }
        if (i + 1 >= count || at[i + 1] < 2 || i + at[i + 1] > count) {
            return false;
        }
        switch (at[i]) {
            case 2:
                segment.mss = static_cast<std::uint16_t>(get16(at + i + 2));
                break;
            case 3:
                segment.scale = at[i + 2];
                break;
            case 4:
                segment.sack_permitted = true;
                break;
            case 8:
                segment.has_timestamps = true;
                segment.timestamp = get32(at + i + 2);
                segment.echo = get32(at + i + 6);
                break;
            default:
                break;
        }
        i += at[i + 1];
    }
    return true;
}

}  // namespace

Frame write_frame(const Segment& segment, Side from, const Addresses& addresses) {
    Frame frame;
    frame.bytes.fill(0);
    std::uint8_t* const bytes = frame.bytes.data();
    const bool to_server = from == Side::kOutside;
    bytes[0] = bytes[6] = 2;
    bytes[5] = to_server ? 2 : 1;
    bytes[11] = to_server ? 1 : 2;
    put16(bytes + 12, addresses.ipv6 ? 0x86dd : 0x0800);
    const unsigned offset = tcp_offset(addresses.ipv6);
    std::uint8_t* const tcp = bytes + offset;
    const unsigned header = 20 + put_options(segment, tcp + 20);
    frame.length = offset + header + segment.length;
    frame.kept = static_cast<std::uint16_t>(offset + header + segment.sampled());
    std::uint8_t* const ip = bytes + kEthernet;
    if (addresses.ipv6) {
        ip[0] = 0x60;
        put16(ip + 4, header + segment.length);
        ip[6] = 6;
        ip[7] = 57;
        std::memcpy(ip + 8, (to_server ? kClient6 : kServer6).data(), 16);
        std::memcpy(ip + 24, (to_server ? kServer6 : kClient6).data(), 16);
    } else {
        ip[0] = 0x45;
        put16(ip + 2, 20 + header + segment.length);
        ip[6] = 0x40;
        ip[8] = 57;
        ip[9] = 6;
        std::memcpy(ip + 12, (to_server ? kClient4 : kServer4).data(), 4);
        std::memcpy(ip + 16, (to_server ? kServer4 : kClient4).data(), 4);
        put16(ip + 10, ~folded(sum(ip, 20)));
    }
    put16(tcp, to_server ? addresses.client_port : kServerPort);
    put16(tcp + 2, to_server ? kServerPort : addresses.client_port);
    put32(tcp + 4, segment.sequence.value);
    put32(tcp + 8, segment.acknowledgment.value);
    tcp[12] = static_cast<std::uint8_t>(header / 4 << 4U);
    tcp[13] = static_cast<std::uint8_t>((segment.fin ? 1U : 0U) | (segment.syn ? 2U : 0U) |
                                        (segment.rst ? 4U : 0U) | (segment.ack ? 16U : 0U));
    put16(tcp + 14, segment.window);
    std::memcpy(tcp + header, segment.sample.data(), segment.sampled());
    put16(tcp + 16, ~tcp_sum(frame, addresses.ipv6));
    return frame;
}

std::optional<Segment> read_frame(const Frame& frame, Side from, const Addresses& addresses) {
    const std::uint8_t* const ip = frame.bytes.data() + kEthernet;
    const unsigned offset = tcp_offset(addresses.ipv6);
    const std::uint8_t* const tcp = frame.bytes.data() + offset;
    const bool to_server = from == Side::kOutside;
    const unsigned header = (tcp[12] >> 4U) * 4U;
    if (frame.kept < offset + 20 || header < 20 || frame.kept < offset + header) {
        return std::nullopt;
    }
    if (addresses.ipv6) {
        if (std::memcmp(ip + 8, (to_server ? kClient6 : kServer6).data(), 16) != 0 ||
            std::memcmp(ip + 24, (to_server ? kServer6 : kClient6).data(), 16) != 0 ||
            get16(ip + 4) + offset != frame.length) {
            return std::nullopt;
        }
    } else if (std::memcmp(ip + 12, (to_server ? kClient4 : kServer4).data(), 4) != 0 ||
               std::memcmp(ip + 16, (to_server ? kServer4 : kClient4).data(), 4) != 0 ||
               folded(sum(ip, 20)) != 0xffffU || get16(ip + 2) + kEthernet != frame.length) {
        return std::nullopt;
    }
    if (tcp_sum(frame, addresses.ipv6) != 0xffffU ||
        get16(tcp + (to_server ? 0 : 2)) != addresses.client_port) {
        return std::nullopt;
    }
    Segment segment;
    segment.sequence = {get32(tcp + 4)};
    segment.acknowledgment = {get32(tcp + 8)};
    segment.fin = (tcp[13] & 1U) != 0;
    segment.syn = (tcp[13] & 2U) != 0;
    segment.rst = (tcp[13] & 4U) != 0;
    segment.ack = (tcp[13] & 16U) != 0;
    segment.window = static_cast<std::uint16_t>(get16(tcp + 14));
    segment.length = frame.length - offset - header;
    if (!take_options(segment, tcp + 20, header - 20)) {
        return std::nullopt;
    }
    if (frame.kept < offset + header + segment.sampled()) {
        return std::nullopt;
    }
    std::memcpy(segment.sample.data(), tcp + header, segment.sampled());
    return segment;
}

}  // namespace synward::model
