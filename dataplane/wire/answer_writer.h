// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/checksum.h"
#include "wire/frame_writer.h"
#include "wire/headers.h"
#include "wire/tcp_options.h"
#include "wire/usual_frame.h"
#include "wire/usual_options.h"

namespace synward::wire {

/// write_handshake_options(), which adds the text to `sum` as well.
[[gnu::always_inline]] inline unsigned write_options_and_sum(const HandshakeOptions& options,
                                                             std::uint8_t* target,
                                                             ShortChecksumSum& sum) {
    if (LinuxOptionsText::holds(options)) [[likely]] {
        const LinuxOptionsText text{options};
        text.write(target);
        sum.add_both(text.head);
        sum.add_both(text.timestamps);
        sum.add(std::bit_cast<Big32>(text.tail));
        return kLinuxOptionsLength;
    }
    const unsigned length = write_handshake_options(options, {target, kMaximumOptionsLength});
    sum.add_words(target, length);
    return length;
}

/// write_segment() in the opposite direction over a frame that is_usual(), in place: each
/// field is read where it lies and written where it belongs, eight bytes at once where they can be.
/// Gives the same bytes.
[[gnu::always_inline]] inline std::uint32_t write_answer(std::uint8_t* frame,
                                                         const TcpFields& fields,
                                                         const HandshakeOptions& options) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::size_t kIp = kUsualIpOffset;
    constexpr std::size_t kAddresses = kIp + offsetof(Ipv4Header, source);
    constexpr std::size_t kTcp = kUsualTcpOffset;
    const auto word_at = [frame](std::size_t offset, auto word) {
        std::memcpy(&word, frame + offset, sizeof word);
        return word;
    };
    const auto put = [frame](std::size_t offset, auto word) {
        std::memcpy(frame + offset, &word, sizeof word);
    };
    const auto wide = [](Big32 first, Big32 second) {
        return first.raw() | std::uint64_t{second.raw()} << 32U;
    };

    ShortChecksumSum options_sum;
    const unsigned options_length =
        write_options_and_sum(options, frame + kTcp + sizeof(TcpHeader), options_sum);
    const auto tcp_length = static_cast<std::uint32_t>(sizeof(TcpHeader)) + options_length;
    const std::uint64_t addresses = std::rotl(word_at(kAddresses, std::uint64_t{}), 32);
    const std::uint32_t ports = std::rotl(word_at(kTcp, std::uint32_t{}), 16);

    // Twelve bytes, of which the first six change places with the other six.
    const auto ethernet = word_at(0, std::uint64_t{});
    const auto ethernet_end = word_at(sizeof ethernet, std::uint32_t{});
    put(0, ethernet >> 48U | std::uint64_t{ethernet_end} << 16U | ethernet << 48U);
    put(sizeof ethernet, static_cast<std::uint32_t>(ethernet >> 16U));

    const std::uint64_t ip_head =
        wide(Big32::from_host(0x45U << 24U | std::uint32_t{fields.traffic_class} << 16U |
                              (static_cast<std::uint32_t>(sizeof(Ipv4Header)) + tcp_length)),
             Big32::from_host(kIpv4DontFragment));
    const std::uint32_t protocol = Big32::from_host(std::uint32_t{kUsualTimeToLive} << 24U |
                                                    std::uint32_t{kProtocolTcp} << 16U)
                                       .raw();
    ShortChecksumSum ip_sum;
    ip_sum.add_both(addresses);
    ip_sum.add_both(ip_head);
    ip_sum.add(std::bit_cast<Big32>(protocol));
    put(kIp, ip_head);
    put(kIp + 8, protocol | std::uint32_t{ip_sum.checksum().raw()} << 16U);
    put(kAddresses, addresses);

    const std::uint64_t head =
        ports | std::uint64_t{Big32::from_host(fields.sequence.value()).raw()} << 32U;
    const std::uint64_t rest =
        wide(Big32::from_host(fields.acknowledgment.value()),
             Big32::from_host(tcp_length / 4 << 28U | std::uint32_t{fields.flags} << 16U |
                              fields.window));
    ShortChecksumSum tcp_sum = options_sum;
    tcp_sum.add_both(addresses);
    tcp_sum.add_both(head);
    tcp_sum.add_both(rest);
    tcp_sum.add(Big32::from_host(tcp_length + kProtocolTcp));
    put(kTcp, head);
    put(kTcp + 8, rest);
    put(kTcp + 16, std::uint32_t{tcp_sum.checksum().raw()});
    return static_cast<std::uint32_t>(kTcp) + tcp_length;
}

}  // namespace synward::wire
