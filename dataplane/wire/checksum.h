// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/endian.h"
#include "wire/segment.h"

namespace synward::wire {

/// A one's complement sum in the making (RFC 1071), of 16-bit words as they lie in memory: the sum
/// does not depend on the byte order as long as all words come the same way.
class ChecksumSum {
  public:
    /// Adds `bytes`, which begin at an even offset of the text.
    void add(std::span<const std::uint8_t> bytes);
    /// The same for a piece that begins at an odd offset of the text.
    void add_at_odd_offset(std::span<const std::uint8_t> bytes);
    void add(Big16 word) { sum_ += word.raw(); }
    void add(Big32 word) { sum_ += word.raw(); }
    /// The field's value: the complement of the folded sum.
    [[nodiscard]] Big16 checksum() const;
    /// True when what was added, its checksum included, adds up as it should.
    [[nodiscard]] bool is_consistent() const;

  private:
    [[nodiscard]] std::uint16_t folded() const;
    std::uint64_t sum_ = 0;
};

/// Collects the difference that changed fields make to a checksum, to be applied once (RFC 1624,
/// equation 3). All fields must lie at even offsets from the start of the checksummed text; for one
/// that does not, use `replace_odd`.
class ChecksumUpdate {
  public:
    void replace(Big16 old_value, Big16 new_value);
    void replace(Big32 old_value, Big32 new_value);
    /// For a 32-bit field at an odd offset: its bytes straddle the words.
    void replace_odd(Big32 old_value, Big32 new_value);
    void apply(Big16& checksum) const;

  private:
    std::uint64_t sum_ = 0;
};

/// `header` is the whole IPv4 header, options included (RFC 791 section 3.1).
bool ipv4_header_checksum_is_right(std::span<const std::uint8_t> header);
/// The checksum field's right value for `header`, whatever the field holds now.
Big16 ipv4_header_checksum(std::span<const std::uint8_t> header);

/// The pseudo-header's share of a TCP checksum (RFC 9293 section 3.1, RFC 8200 section 8.1).
/// `tcp_length` counts header and data.
ChecksumSum tcp_pseudo_header_sum(const Segment& segment, std::uint32_t tcp_length);

/// Whether the TCP checksum of the segment is right. `contiguous` is the frame from its first byte
/// and holds the whole packet (segment.frame_length() bytes); what is in several pieces goes piece
/// by piece through tcp_pseudo_header_sum and ChecksumSum.
bool tcp_checksum_is_right(std::span<const std::uint8_t> contiguous, const Segment& segment);

/// Computes and stores the TCP checksum of a segment whose bytes all lie in `contiguous`, the frame
/// from its first byte.
void set_tcp_checksum(std::span<std::uint8_t> contiguous, const Segment& segment);

}  // namespace synward::wire
