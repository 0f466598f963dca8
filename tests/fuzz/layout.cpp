// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/layout.h"

#include <algorithm>
#include <span>

#include "support/reference_checksum.h"

namespace synward::fuzz {
namespace {

using test::Bytes;

std::size_t word(const Bytes& frame, std::size_t position) {
    return static_cast<std::size_t>(frame[position] << 8U | frame[position + 1]);
}
void put_word(Bytes& frame, std::size_t position, std::size_t value) {
    frame[position] = static_cast<std::uint8_t>(value >> 8U);
    frame[position + 1] = static_cast<std::uint8_t>(value);
}

/// Behind the extension headers that begin at `offset`.
std::size_t skip_extensions(const Bytes& frame, std::uint8_t type, std::size_t offset) {
    for (unsigned headers = 0; headers < 4 && offset + 2 <= frame.size(); ++headers) {
        const bool is_authentication = type == 51;
        if (!is_authentication && type != 0 && type != 43 && type != 44 && type != 60) {
            break;
        }
        type = frame[offset];
        offset += is_authentication ? (frame[offset + 1] + 2U) * 4 : (frame[offset + 1] + 1U) * 8;
    }
    return offset;
}

}  // namespace

Layout::Layout(const Bytes& frame) {
    ip = 14;
    while (ip <= 22 && ip <= frame.size() &&
           (word(frame, ip - 2) == 0x8100 || word(frame, ip - 2) == 0x88a8)) {
        ip += 4;
    }
    if (ip > frame.size()) {
        return;
    }
    is_ipv4 = word(frame, ip - 2) == 0x0800;
    const std::size_t header = is_ipv4 ? 20 : 40;
    has_ip = ip + header <= frame.size() && (is_ipv4 || word(frame, ip - 2) == 0x86dd);
    if (!has_ip) {
        return;
    }
    tcp = is_ipv4 ? ip + (frame[ip] & 0x0fU) * 4 : skip_extensions(frame, frame[ip + 6], ip + 40);
    end =
        std::min(frame.size(), is_ipv4 ? ip + word(frame, ip + 2) : ip + 40 + word(frame, ip + 4));
    has_tcp = tcp >= ip + header && tcp + 20 <= end;
}

void fix_checksums(Bytes& frame) {
    const Layout layout{frame};
    const auto part = [&](std::size_t start, std::size_t length) {
        return std::span<const std::uint8_t>{frame}.subspan(start, length);
    };
    if (!layout.has_ip) {
        return;
    }
    if (layout.is_ipv4 && layout.tcp <= frame.size() && layout.tcp >= layout.ip + 20) {
        put_word(frame, layout.ip + 10, 0);
        put_word(frame, layout.ip + 10,
                 test::reference_checksum(part(layout.ip, layout.tcp - layout.ip)));
    }
    if (layout.has_tcp) {
        const std::size_t addresses = layout.ip + (layout.is_ipv4 ? 12 : 8);
        const std::size_t length = layout.is_ipv4 ? 4 : 16;
        put_word(frame, layout.tcp + 16, 0);
        put_word(
            frame, layout.tcp + 16,
            test::reference_tcp_checksum(part(addresses, length), part(addresses + length, length),
                                         part(layout.tcp, layout.end - layout.tcp)));
    }
}

void fix_lengths(Bytes& frame) {
    const Layout layout{frame};
    if (layout.has_ip) {
        layout.is_ipv4 ? put_word(frame, layout.ip + 2, frame.size() - layout.ip)
                       : put_word(frame, layout.ip + 4, frame.size() - layout.ip - 40);
    }
}

}  // namespace synward::fuzz
