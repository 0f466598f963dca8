// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "flow/flow.h"
#include "flow/index.h"
#include "tcp/aes128.h"
#include "wire/four_tuple.h"

namespace synward::flow {

/// A batch of lookups on its way through the table. Table::begin(), match() and finish() each ask
/// for the memory that the next one reads, so a caller that has other work, or other batches, to
/// put between them need not wait for any.
///
/// Loops over flat arrays without a branch for each key: what most keys do cannot be guessed wrong,
/// and what few do (a full bucket, an equal tag) is put off until after the loop.
class BatchLookup {
  public:
    static constexpr std::size_t kMost = 64;

    /// Finds each key's buckets and asks for their lines. `tuples`, at most kMost, and what they
    /// point at, must stay as they are until the end of the lookup; so must as many `hashes`.
    void locate(const Index& index, std::span<const wire::FourTuple* const> tuples,
                const tcp::Block* hashes);
    /// Reads those lines, and asks for the flows that they name. Afterwards place(i) is where a key
    /// with an equal tag lies, for those that are in candidates().
    void match(const Index& index, const Flow* flows);

    /// By bits: which lookups have a candidate.
    [[nodiscard]] std::uint64_t candidates() const { return candidates_; }
    [[nodiscard]] std::uint32_t place(std::size_t number) const { return places_[number]; }
    [[nodiscard]] std::size_t size() const { return tuples_.size(); }
    [[nodiscard]] const wire::FourTuple& tuple(std::size_t number) const {
        return *tuples_[number];
    }
    [[nodiscard]] const tcp::Block& hash(std::size_t number) const { return hashes_[number]; }

  private:
    /// A value for each lookup; those beyond size() may be anything.
    template <typename Item>
    using Column = std::array<Item, kMost>;

    void match_beyond_primary(const Index& index, const Flow* flows, std::size_t number);
    /// By bits.
    [[nodiscard]] std::uint64_t lanes_that_match(std::size_t count) const;
    [[nodiscard]] std::uint64_t lanes_displaced(std::size_t count) const;

    alignas(64) Column<std::uint32_t> primary_;
    Column<std::uint32_t> secondary_;
    Column<std::uint32_t> tags_;
    Column<std::uint32_t> matches_;
    Column<std::uint32_t> displaced_;
    Column<std::uint32_t> places_;
    std::uint64_t candidates_ = 0;
    std::span<const wire::FourTuple* const> tuples_;
    const tcp::Block* hashes_ = nullptr;
};

}  // namespace synward::flow
