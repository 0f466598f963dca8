// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "flow/flow.h"
#include "flow/index.h"
#include "tcp/aes128.h"

namespace synward::flow {

/// A batch of lookups on its way through the table. Each step asks for the memory that the next one
/// reads, so that whoever has other work, or other lookups, to put between them need not wait for
/// any. Lookups have numbers; the first steps go over stretches of them, whose first number is a
/// multiple of eight.
///
/// Loops over flat arrays without a branch for each key: what most keys do cannot be guessed wrong,
/// and what few do (a full bucket, an equal tag) is put off until after the loop.
class BatchLookup {
  public:
    static constexpr std::size_t kMost = 64;

    /// The lookups to come are others.
    void clear() { candidates_ = further_ = 0; }

    /// Finds the buckets of the keys from number `first` on, and asks for their primary ones.
    void locate(const Index& index, std::size_t first, std::span<const tcp::Block> hashes);
    /// A lookup that is located, but not matched, gets an earlier number.
    void move(std::size_t from, std::size_t to) {
        primary_[to] = primary_[from];
        secondary_[to] = secondary_[from];
        tags_[to] = tags_[from];
    }
    /// Reads those of the `count` from `first` on, and asks for the flows that they name, or for
    /// the secondary buckets where a key may have gone on.
    void match(const Index& index, const Flow* flows, std::size_t first, std::size_t count);
    /// Reads the buckets that are left of `numbers`, by bits, which have been matched. Afterwards
    /// place(i) is where a key with an equal tag lies, for those that are in candidates(); the
    /// others are not in the table. `hashes` from number 0 on.
    void match_further(const Index& index, const Flow* flows, std::uint64_t numbers,
                       const tcp::Block* hashes);

    /// By bits: which lookups have a candidate.
    [[nodiscard]] std::uint64_t candidates() const { return candidates_; }
    [[nodiscard]] std::uint32_t place(std::size_t number) const { return places_[number]; }

  private:
    /// A value for each lookup; those that are none may be anything.
    template <typename Item>
    using Column = std::array<Item, kMost>;

    /// Of those from `first` on, by bits as if it were zero.
    [[nodiscard]] std::uint64_t lanes_that_match(std::size_t first, std::size_t count) const;
    [[nodiscard]] std::uint64_t lanes_displaced(std::size_t first, std::size_t count) const;

    alignas(64) Column<std::uint32_t> primary_;
    Column<std::uint32_t> secondary_;
    Column<std::uint32_t> tags_;
    Column<std::uint32_t> matches_;
    Column<std::uint32_t> displaced_;
    Column<std::uint32_t> places_;
    std::uint64_t candidates_ = 0;
    std::uint64_t further_ = 0;  ///< by bits: those that may lie beyond their primary bucket
};

}  // namespace synward::flow
