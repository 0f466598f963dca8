// SPDX-License-Identifier: BSD-3-Clause
#include "wire/cut_data.h"

#include "wire/checksum.h"
#include "wire/tcp_options.h"

namespace synward::wire {

std::uint32_t cut_data(std::span<std::uint8_t> frame, Segment& segment) {
    std::uint8_t* const ip = &frame[segment.ip_offset];
    if (segment.is_ipv4()) {
        auto& header = header_at<Ipv4Header>(ip);
        header.total_length.assign(
            static_cast<std::uint16_t>(header.total_length.host() - segment.payload_length));
        header.checksum = ipv4_header_checksum({ip, header.header_length()});
    } else {
        auto& header = header_at<Ipv6Header>(ip);
        header.payload_length.assign(
            static_cast<std::uint16_t>(header.payload_length.host() - segment.payload_length));
    }
    segment.payload_length = 0;
    blank_fast_open(frame.subspan(segment.options_offset(), segment.options_length()));
    set_tcp_checksum(frame, segment);
    return segment.frame_length();
}

}  // namespace synward::wire
