// SPDX-License-Identifier: BSD-3-Clause
#include "wire/checksum.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace synward::wire {
namespace {

constexpr std::size_t kIpv4ChecksumOffset = offsetof(Ipv4Header, checksum);
static_assert(kIpv4ChecksumOffset % 2 == 0);

/// What a TCP checksum covers besides the pseudo-header.
template <typename Byte>
std::span<Byte> tcp_text(std::span<Byte> contiguous, const Segment& segment) {
    return contiguous.subspan(segment.tcp_offset,
                              segment.tcp_header_length + std::size_t{segment.payload_length});
}

ChecksumSum tcp_sum(std::span<const std::uint8_t> text, const Segment& segment) {
    ChecksumSum sum = tcp_pseudo_header_sum(segment, static_cast<std::uint32_t>(text.size()));
    sum.add_header<sizeof(TcpHeader)>(text.data());
    if (text.size() != sizeof(TcpHeader)) {
        sum.add(text.subspan(sizeof(TcpHeader)));
    }
    return sum;
}

}  // namespace

void ChecksumSum::add_vectors(const std::uint8_t* bytes, std::size_t size) {
    // 32-bit words: the carries gather in the upper half, and the compiler vectorizes it.
    std::uint64_t sum = 0;
    for (std::size_t offset = 0; offset < size; offset += sizeof(std::uint32_t)) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes + offset, sizeof word);
        sum += word;
    }
    gather(sum);
}

void ChecksumSum::add_at_odd_offset(std::span<const std::uint8_t> bytes) {
    // Each byte weighs as the other half of its word (RFC 1071 section 2, byte order independence).
    ChecksumSum piece;
    piece.add(bytes);
    gather(byte_swapped(piece.folded()));
}

Big16 ipv4_header_checksum(std::span<const std::uint8_t> header) {
    ChecksumSum sum;
    sum.add(header.first(kIpv4ChecksumOffset));
    sum.add(header.subspan(kIpv4ChecksumOffset + sizeof(Big16)));
    return sum.checksum();
}

bool tcp_checksum_is_right(std::span<const std::uint8_t> contiguous, const Segment& segment) {
    return tcp_sum(tcp_text(contiguous, segment), segment).is_consistent();
}

void set_tcp_checksum(std::span<std::uint8_t> contiguous, const Segment& segment) {
    const std::span<std::uint8_t> text = tcp_text(contiguous, segment);
    Big16& checksum = header_at<TcpHeader>(text.data()).checksum;
    checksum = Big16{};
    checksum = tcp_sum(text, segment).checksum();
}

}  // namespace synward::wire
