// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/address_words.h"
#include "wire/endian.h"
#include "wire/segment.h"

namespace synward::wire {

/// A sum of 64 bits, carries brought round to 16.
constexpr std::uint16_t folded(std::uint64_t sum) {
    // The upper half of a number plus itself with exchanged halves is the sum of its halves, the
    // carry between them included.
    const auto half = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32U);
    return static_cast<std::uint16_t>((half + std::rotl(half, 16)) >> 16U);
}

/// A one's complement sum in the making (RFC 1071), of 16-bit words as they lie in memory: the sum
/// does not depend on the byte order as long as all words come the same way.
class ChecksumSum {
  public:
    /// Adds `bytes`, which begin at an even offset of the text.
    [[gnu::always_inline]] void add(std::span<const std::uint8_t> bytes) {
        const std::uint8_t* next = bytes.data();
        std::size_t left = bytes.size();
        if (left >= kLong) {
            const std::size_t vectors = left - left % kVector;
            add_vectors(next, vectors);
            next += vectors;
            left -= vectors;
        }
        for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t)) {
            gather(take<std::uint64_t>(next));
        }
        if ((left & 4U) != 0) {
            gather(take<std::uint32_t>(next));
        }
        if ((left & 2U) != 0) {
            gather(take<std::uint16_t>(next));
        }
        if ((left & 1U) != 0) {
            gather(*next);  // as if a zero followed (RFC 1071 section 4.1)
        }
    }
    /// The same for as many bytes as are known when this is compiled, a multiple of four: headers.
    template <std::size_t kSize>
    void add_header(const std::uint8_t* bytes) {
        static_assert(kSize % 4 == 0);
        for (std::size_t left = kSize; left >= 8; left -= 8) {
            gather(take<std::uint64_t>(bytes));
        }
        if constexpr (kSize % 8 != 0) {
            gather(take<std::uint32_t>(bytes));
        }
    }
    /// The same for headers of any length, a multiple of four.
    [[gnu::always_inline]] void add_words(const std::uint8_t* bytes, std::size_t size) {
        for (; size >= sizeof(std::uint64_t); size -= sizeof(std::uint64_t)) {
            gather(take<std::uint64_t>(bytes));
        }
        if (size != 0) {
            gather(take<std::uint32_t>(bytes));
        }
    }
    void add(const Address& address) {
        const AddressWords words = words_of(address);
        gather(words.first);
        gather(words.second);
    }
    /// The same for a piece that begins at an odd offset of the text.
    void add_at_odd_offset(std::span<const std::uint8_t> bytes);
    void add(Big16 word) { gather(word.raw()); }
    void add(Big32 word) { gather(word.raw()); }
    void add(Big64 word) { gather(word.raw()); }
    /// The field's value: the complement of the folded sum.
    [[nodiscard]] Big16 checksum() const {
        return std::bit_cast<Big16>(static_cast<std::uint16_t>(~folded()));
    }
    /// True when what was added, its checksum included, adds up as it should.
    [[nodiscard]] bool is_consistent() const { return folded() == 0xffff; }

  private:
    // From this length on, the vectors' own beginning and end are paid for.
    static constexpr std::size_t kLong = 128;
    static constexpr std::size_t kVector = 32;

    /// `size` is a multiple of kVector.
    void add_vectors(const std::uint8_t* bytes, std::size_t size);
    /// Modulo 2^64 - 1, of which 2^16 - 1 is a factor: a carry comes in again at the bottom.
    void gather(std::uint64_t words) {
        const std::uint64_t sum = sum_ + words;
        sum_ = sum + (sum < words ? 1 : 0);
    }
    template <typename Word>
    static Word take(const std::uint8_t*& bytes) {
        Word word;
        std::memcpy(&word, bytes, sizeof word);
        bytes += sizeof word;
        return word;
    }
    [[nodiscard]] std::uint16_t folded() const { return wire::folded(sum_); }
    std::uint64_t sum_ = 0;
};

/// The same for headers: so few 32-bit words that no carry leaves 64 bits.
class ShortChecksumSum {
  public:
    void add(Big32 word) { sum_ += word.raw(); }
    void add(Big16 word) { sum_ += word.raw(); }
    /// `size` is a multiple of four.
    void add_words(const std::uint8_t* bytes, std::size_t size) {
        for (std::size_t offset = 0; offset < size; offset += sizeof(std::uint32_t)) {
            std::uint32_t word = 0;
            std::memcpy(&word, bytes + offset, sizeof word);
            sum_ += word;
        }
    }
    /// As ChecksumSum's.
    [[nodiscard]] Big16 checksum() const {
        return std::bit_cast<Big16>(static_cast<std::uint16_t>(~folded(sum_)));
    }
    [[nodiscard]] bool is_consistent() const { return folded(sum_) == 0xffff; }

  private:
    std::uint64_t sum_ = 0;
};

/// Collects the difference that changed fields make to a checksum, to be applied once (RFC 1624,
/// equation 3). All fields must lie at even offsets from the start of the checksummed text; for one
/// that does not, use `replace_odd`.
class ChecksumUpdate {
  public:
    // ~HC + ~m + m': of the two zeros of one's complement the sum of these is never the wrong one,
    // as it would be with a subtraction (RFC 1624 section 3).
    void replace(Big16 old_value, Big16 new_value) {
        sum_ += std::uint64_t{static_cast<std::uint16_t>(~old_value.raw())} + new_value.raw();
    }
    void replace(Big32 old_value, Big32 new_value) {
        sum_ += std::uint64_t{~old_value.raw()} + new_value.raw();
    }
    /// For a 32-bit field at an odd offset: its bytes straddle the words.
    void replace_odd(Big32 old_value, Big32 new_value) {
        // A byte further on is 2^8 times as much, and modulo 2^32 - 1 that is a rotation.
        sum_ += std::uint64_t{std::rotl(~old_value.raw(), 8)} + std::rotl(new_value.raw(), 8);
    }
    void apply(Big16& checksum) const {
        const std::uint64_t sum = sum_ + static_cast<std::uint16_t>(~checksum.raw());
        checksum = std::bit_cast<Big16>(static_cast<std::uint16_t>(~folded(sum)));
    }

  private:
    std::uint64_t sum_ = 0;  // of so few fields that no carry leaves it
};

/// `header` is the whole IPv4 header, options included (RFC 791 section 3.1).
inline bool ipv4_header_checksum_is_right(std::span<const std::uint8_t> header) {
    ChecksumSum sum;
    sum.add_header<sizeof(Ipv4Header)>(header.data());
    if (header.size() != sizeof(Ipv4Header)) [[unlikely]] {
        sum.add(header.subspan(sizeof(Ipv4Header)));
    }
    return sum.is_consistent();
}
/// The checksum field's right value for `header`, whatever the field holds now.
Big16 ipv4_header_checksum(std::span<const std::uint8_t> header);

/// The pseudo-header's share of a TCP checksum (RFC 9293 section 3.1, RFC 8200 section 8.1).
/// `tcp_length` counts header and data.
inline ChecksumSum tcp_pseudo_header_sum(const Segment& segment, std::uint32_t tcp_length) {
    const FourTuple& tuple = segment.tuple;
    ChecksumSum sum;
    // An IPv6 packet may have an IPv4-mapped address on one side.
    if (tuple.outside_address.is_ipv4() && tuple.inside_address.is_ipv4()) [[likely]] {
        sum.add(ipv4_word(tuple.outside_address));
        sum.add(ipv4_word(tuple.inside_address));
    } else {
        sum.add(tuple.outside_address);
        sum.add(tuple.inside_address);
    }
    sum.add(Big32::from_host(tcp_length + kProtocolTcp));
    return sum;
}

/// Whether the TCP checksum of the segment is right. `contiguous` is the frame from its first byte
/// and holds the whole packet (segment.frame_length() bytes); what is in several pieces goes piece
/// by piece through tcp_pseudo_header_sum and ChecksumSum.
bool tcp_checksum_is_right(std::span<const std::uint8_t> contiguous, const Segment& segment);

/// Computes and stores the TCP checksum of a segment whose bytes all lie in `contiguous`, the frame
/// from its first byte.
void set_tcp_checksum(std::span<std::uint8_t> contiguous, const Segment& segment);

}  // namespace synward::wire
