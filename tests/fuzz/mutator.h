// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "fuzz/random.h"
#include "support/frame_builder.h"

namespace synward::fuzz {

/// Damages frames, at random but the same way for the same seed. Some damage is blind (bits, bytes,
/// cuts), some aims at what parsers trust: lengths, offsets, flags, options, sequence numbers.
/// Half of the frames get right checksums afterwards, so that they reach what lies behind.
class Mutator {
  public:
    explicit Mutator(std::uint64_t seed) : random_{seed} {}

    /// Leaves one frame in sixteen as it is. `other` is what may be spliced in.
    void mutate(test::Bytes& frame, const test::Bytes& other);

    [[nodiscard]] Random& random() { return random_; }

  private:
    void mutate_once(test::Bytes& frame, const test::Bytes& other);
    void blind(test::Bytes& frame, const test::Bytes& other);
    void aim_at_ip(test::Bytes& frame);
    void aim_at_tcp(test::Bytes& frame);
    void scramble_options(test::Bytes& frame, std::size_t start, std::size_t end);
    void shift_number(test::Bytes& frame, std::size_t position);
    std::uint8_t interesting();

    Random random_;
};

}  // namespace synward::fuzz
