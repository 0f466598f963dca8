// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/splice_icmp_error.h"

#include <cstddef>

#include "wire/checksum.h"
#include "wire/headers.h"

namespace synward::tcp {
namespace {

using wire::Big16;
using wire::Big32;

/// Adds `delta` to a quoted number and makes the same change to the checksums that cover it.
void translate(Big32& number, std::uint32_t delta, Big16* quoted_checksum, Big16& icmp_checksum) {
    const Big32 translated = Big32::from_host(number.host() + delta);
    wire::ChecksumUpdate quoted_update;
    quoted_update.replace(number, translated);
    wire::ChecksumUpdate icmp_update = quoted_update;
    if (quoted_checksum != nullptr) {
        const Big16 before = *quoted_checksum;
        quoted_update.apply(*quoted_checksum);
        icmp_update.replace(before, *quoted_checksum);
    }
    number = translated;
    // RFC 4443: addresses and length, which ICMPv6's checksum covers too, are as they were.
    icmp_update.apply(icmp_checksum);
}

}  // namespace

void splice_icmp_error(std::span<std::uint8_t> frame, const wire::Segment& segment,
                       std::uint32_t sequence_delta) {
    const unsigned quoted = segment.tcp_header_length;
    auto& icmp = wire::header_at<wire::IcmpHeader>(&frame[segment.icmp_offset]);
    // Of a header that is cut off, nothing behind its end may be touched.
    auto& tcp = wire::header_at<wire::TcpHeader>(&frame[segment.tcp_offset]);
    const bool has_checksum = quoted >= offsetof(wire::TcpHeader, checksum) + sizeof(Big16);
    Big16* const quoted_checksum = has_checksum ? &tcp.checksum : nullptr;
    if (segment.from == wire::Side::kOutside) {
        translate(tcp.sequence, 0U - sequence_delta, quoted_checksum, icmp.checksum);
        return;
    }
    // A header cut off in front of its flags most likely belonged to a segment with an ACK, as
    // all but a connection's first do.
    const bool has_flags = quoted > offsetof(wire::TcpHeader, flags);
    const bool acknowledges =
        has_flags ? segment.has(wire::kAck)
                  : quoted >= offsetof(wire::TcpHeader, acknowledgment) + sizeof(Big32);
    if (acknowledges) {
        translate(tcp.acknowledgment, sequence_delta, quoted_checksum, icmp.checksum);
    }
}

}  // namespace synward::tcp
