// SPDX-License-Identifier: BSD-3-Clause
#include "wire/checksum.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace synward::wire {
namespace {

constexpr std::size_t kIpv4ChecksumOffset = offsetof(Ipv4Header, checksum);
static_assert(kIpv4ChecksumOffset % 2 == 0);

std::uint16_t fold(std::uint64_t sum) {
    sum = (sum & 0xffff'ffffU) + (sum >> 32U);
    sum = (sum & 0xffff'ffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
}

std::uint16_t complement(std::uint16_t value) {
    return static_cast<std::uint16_t>(~value);
}

/// What a TCP checksum covers besides the pseudo-header.
template <typename Byte>
std::span<Byte> tcp_text(std::span<Byte> contiguous, const Segment& segment) {
    return contiguous.subspan(segment.tcp_offset,
                              segment.tcp_header_length + std::size_t{segment.payload_length});
}

ChecksumSum tcp_sum(std::span<const std::uint8_t> text, const Segment& segment) {
    ChecksumSum sum = tcp_pseudo_header_sum(segment, static_cast<std::uint32_t>(text.size()));
    sum.add(text);
    return sum;
}

}  // namespace

void ChecksumSum::add(std::span<const std::uint8_t> bytes) {
    // Whole 32-bit words: the carries gather in the upper half, and the compiler vectorizes it.
    std::uint32_t word = 0;
    std::uint64_t sum = 0;
    const std::size_t whole_words = bytes.size() / sizeof word;
    for (std::size_t i = 0; i < whole_words; ++i) {
        std::memcpy(&word, bytes.data() + i * sizeof word, sizeof word);
        sum += word;
    }
    if (const std::size_t rest = bytes.size() % sizeof word; rest != 0) {
        word = 0;
        std::memcpy(&word, bytes.data() + whole_words * sizeof word, rest);
        sum += word;
    }
    sum_ += sum;
}

void ChecksumSum::add_at_odd_offset(std::span<const std::uint8_t> bytes) {
    // Each byte weighs as the other half of its word (RFC 1071 section 2, byte order independence).
    ChecksumSum piece;
    piece.add(bytes);
    sum_ += byte_swapped(piece.folded());
}

Big16 ChecksumSum::checksum() const {
    return std::bit_cast<Big16>(complement(folded()));
}

bool ChecksumSum::is_consistent() const {
    return folded() == 0xffff;
}

std::uint16_t ChecksumSum::folded() const {
    return fold(sum_);
}

// ~HC + ~m + m': of the two zeros of one's complement the sum of these is never the wrong one, as
// it would be with a subtraction (RFC 1624 section 3).
void ChecksumUpdate::replace(Big16 old_value, Big16 new_value) {
    sum_ += std::uint64_t{complement(old_value.raw())} + new_value.raw();
}

void ChecksumUpdate::replace(Big32 old_value, Big32 new_value) {
    sum_ += std::uint64_t{~old_value.raw()} + new_value.raw();
}

void ChecksumUpdate::replace_odd(Big32 old_value, Big32 new_value) {
    // A byte further on is 2^8 times as much, and modulo 2^32 - 1 that is a rotation.
    sum_ += std::uint64_t{std::rotl(~old_value.raw(), 8)} + std::rotl(new_value.raw(), 8);
}

void ChecksumUpdate::apply(Big16& checksum) const {
    checksum = std::bit_cast<Big16>(complement(fold(sum_ + complement(checksum.raw()))));
}

bool ipv4_header_checksum_is_right(std::span<const std::uint8_t> header) {
    ChecksumSum sum;
    sum.add(header);
    return sum.is_consistent();
}

Big16 ipv4_header_checksum(std::span<const std::uint8_t> header) {
    ChecksumSum sum;
    sum.add(header.first(kIpv4ChecksumOffset));
    sum.add(header.subspan(kIpv4ChecksumOffset + sizeof(Big16)));
    return sum.checksum();
}

ChecksumSum tcp_pseudo_header_sum(const Segment& segment, std::uint32_t tcp_length) {
    // IPv4 addresses go in with their mapped prefix: it adds 0xffff, which is a zero here.
    ChecksumSum sum;
    sum.add(segment.tuple.outside_address.bytes);
    sum.add(segment.tuple.inside_address.bytes);
    sum.add(Big32::from_host(tcp_length));
    sum.add(Big16::from_host(kProtocolTcp));
    return sum;
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
