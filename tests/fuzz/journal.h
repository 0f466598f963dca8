// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

#include "support/frame_builder.h"
#include "wire/four_tuple.h"

namespace synward::fuzz {

/// How many packets a run sends, and from which seed: of the environment's SYNWARD_FUZZ_PACKETS and
/// SYNWARD_FUZZ_SEED, or the given ones.
struct Extent {
    std::uint64_t packets;
    std::uint64_t seed;
};
Extent extent_or(std::uint64_t packets, std::uint64_t seed);

/// The frames of the batch under way, printed in hex where a test fails or the process dies. One in
/// a process.
class Journal {
  public:
    /// Prints the seed; what follows is printed when the process crashes.
    explicit Journal(const Extent& extent);
    void begin_batch() { count_ = 0; }
    void note(wire::Side from, const test::Bytes& frame);
    void print() const;

  private:
    struct Entry {
        wire::Side from;
        test::Bytes frame;
    };
    std::uint64_t seed_;
    std::size_t count_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace synward::fuzz
