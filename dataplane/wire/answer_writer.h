// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wire/checksum.h"
#include "wire/frame_writer.h"
#include "wire/headers.h"
#include "wire/tcp_options.h"
#include "wire/usual_frame.h"
#include "wire/usual_options.h"

namespace synward::wire {

/// The headers of a SYN-ACK over the SYN that it answers, whose frame is_usual(), in place: each
/// field is read where it lies and written where it belongs, eight bytes at once where they can be.
/// `text` is how many bytes of options are there already, `sum` adds them up. Returns the frame's
/// length.
template <typename Length>
[[gnu::always_inline]] inline std::uint32_t write_answer_headers(
    std::uint8_t* frame, SequenceNumber sequence, SequenceNumber acknowledgment,
    std::uint16_t window, std::uint8_t flags, Length text, ShortChecksumSum sum) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::size_t kIp = kUsualIpOffset;
    constexpr std::size_t kAddresses = kIp + offsetof(Ipv4Header, source);
    constexpr std::size_t kTcp = kUsualTcpOffset;
    const auto put = [frame](std::size_t offset, auto word) {
        std::memcpy(frame + offset, &word, sizeof word);
    };
    const auto wide = [](Big32 first, Big32 second) {
        return first.raw() | std::uint64_t{second.raw()} << 32U;
    };
    const auto tcp_length = static_cast<std::uint32_t>(sizeof(TcpHeader)) + text;
    const std::uint64_t addresses = std::rotl(read_at<std::uint64_t>(frame + kAddresses), 32);
    const std::uint32_t ports = std::rotl(read_at<std::uint32_t>(frame + kTcp), 16);

    // The first six bytes change places with the next six; the EtherType and two more stay.
    using Sixteen = std::uint8_t __attribute__((vector_size(16)));
    const auto ethernet = read_at<Sixteen>(frame);
    put(0, __builtin_shufflevector(ethernet, ethernet, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13,
                                   14, 15));

    const std::uint64_t ip_head =
        wide(Big32::from_host(0x45U << 24U |
                              (static_cast<std::uint32_t>(sizeof(Ipv4Header)) + tcp_length)),
             Big32::from_host(kIpv4DontFragment));
    const Big32 protocol = Big32::from_host(std::uint32_t{kUsualTimeToLive} << 24U |
                                            std::uint32_t{kProtocolTcp} << 16U);
    ShortChecksumSum ip_sum;
    ip_sum.add_both(addresses);
    ip_sum.add_both(ip_head);
    ip_sum.add(protocol);
    put(kIp, ip_head);
    put(kIp + 8, protocol.raw() | std::uint32_t{ip_sum.checksum().raw()} << 16U);
    put(kAddresses, addresses);

    const std::uint64_t head = ports | std::uint64_t{Big32::from_host(sequence.value()).raw()}
                                           << 32U;
    const std::uint64_t rest =
        wide(Big32::from_host(acknowledgment.value()),
             Big32::from_host(tcp_length / 4 << 28U | std::uint32_t{flags} << 16U | window));
    sum.add_both(addresses);
    sum.add_both(head);
    sum.add_both(rest);
    sum.add(Big32::from_host(tcp_length + kProtocolTcp));
    put(kTcp, head);
    put(kTcp + 8, rest);
    put(kTcp + 16, std::uint32_t{sum.checksum().raw()});
    return static_cast<std::uint32_t>(kTcp) + tcp_length;
}

/// write_segment() for a SYN-ACK in the opposite direction over a frame that is_usual(). Gives the
/// same bytes; the traffic class is zero.
[[gnu::always_inline]] inline std::uint32_t write_answer(std::uint8_t* frame,
                                                         const TcpFields& fields,
                                                         const HandshakeOptions& options) {
    std::uint8_t* const target = frame + kUsualTcpOffset + sizeof(TcpHeader);
    ShortChecksumSum sum;
    const auto write_headers = [&](auto length) {
        return write_answer_headers(frame, fields.sequence, fields.acknowledgment, fields.window,
                                    fields.flags, length, sum);
    };
    if (LinuxOptionsText::holds(options)) [[likely]] {
        const LinuxOptionsText text{options};
        text.write(target);
        sum.add_both(text.head);
        sum.add_both(text.timestamps);
        sum.add(std::bit_cast<Big32>(text.tail));
        return write_headers(std::integral_constant<std::uint32_t, kLinuxOptionsLength>{});
    }
    const bool has_options =
        options.mss || options.window_scale || options.sack_permitted || options.timestamps;
    if (!has_options) {
        return write_headers(std::integral_constant<std::uint32_t, 0>{});
    }
    const std::uint32_t length = write_handshake_options(options, {target, kMaximumOptionsLength});
    sum.add_words(target, length);
    return write_headers(length);
}

}  // namespace synward::wire
