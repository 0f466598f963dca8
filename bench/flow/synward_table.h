// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <vector>

#include "flow/keys.h"
#include "flow/table.h"
#include "support/find_together.h"
#include "support/table_memory.h"
#include "tcp/tuple_hash.h"
#include "wire/places.h"

namespace synward::bench {

/// The flow table at 85 % of its capacity, with the operations of a batch.
class SynwardTable {
  public:
    SynwardTable(std::uint32_t capacity, bool huge_pages)
        : SynwardTable{capacity, huge_pages, resident_at(capacity)} {}
    /// With so many `residents`, capacity at most.
    SynwardTable(std::uint32_t capacity, bool huge_pages, std::uint32_t residents)
        : memory_{flow::Table::required_bytes(capacity), huge_pages},
          table_{memory_.span(), capacity, hasher_} {
        for (std::uint32_t number = 0; number < residents; ++number) {
            const wire::FourTuple tuple = tuple_number(number);
            flows_.push_back(table_.insert(tuple, hasher_(tuple)));
        }
    }
    /// Of the whole table, keys and states included.
    [[nodiscard]] std::size_t bytes() const { return memory_.span().size(); }
    std::size_t look_up(const Batch<wire::FourTuple>& tuples) {
        Batch<tcp::Block> hashes;
        Batch<flow::Flow*> found;
        hash(tuples, hashes);
        return static_cast<std::size_t>(
            std::popcount(find_together(table_, pointers_to(tuples), hashes, found)));
    }
    /// The same with two batches on their way: begins this one and ends the one before, whose hits
    /// these are (of the first time: as many as `tuples` should have).
    std::size_t look_up_side_by_side(const Batch<wire::FourTuple>& tuples) {
        Journey& coming = journeys_[turn_ % 2];
        Journey& leaving = journeys_[(turn_ + 1) % 2];
        coming.pointers = pointers_to(tuples);
        hash(tuples, coming.hashes);
        coming.lookup.clear();
        table_.begin(coming.lookup, 0, coming.hashes);
        if (turn_++ == 0) {
            leaving = coming;
        }
        table_.match(leaving.lookup, 0, kBatch);
        const std::uint64_t all = wire::first_places(kBatch);
        Batch<flow::Flow*> found;
        return static_cast<std::size_t>(std::popcount(
            table_.finish(leaving.lookup, all, leaving.pointers, leaving.hashes, found)));
    }
    /// The next look_up_side_by_side() is a first one.
    void forget_journeys() { turn_ = 0; }
    void replace(const Batch<std::uint32_t>& leaving, std::uint32_t first_coming) {
        const Batch<wire::FourTuple> coming = tuples_from(first_coming);
        Batch<tcp::Block> hashes;
        hash(coming, hashes);
        flow::BatchLookup lookup;
        table_.begin(lookup, 0, hashes);
        for (std::size_t i = 0; i < kBatch; ++i) {
            __builtin_prefetch(flows_[leaving[i]]);
        }
        for (std::size_t i = 0; i < kBatch; ++i) {
            table_.erase(*flows_[leaving[i]]);
            flows_[leaving[i]] = table_.insert(coming[i], hashes[i]);
        }
    }

  private:
    struct Journey {
        Batch<const wire::FourTuple*> pointers;
        Batch<tcp::Block> hashes;
        flow::BatchLookup lookup;
    };

    void hash(const Batch<wire::FourTuple>& tuples, Batch<tcp::Block>& hashes) const {
        hasher_(pointers_to(tuples), hashes);
    }

    tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    TableMemory memory_;
    flow::Table table_;
    std::vector<flow::Flow*> flows_;
    std::array<Journey, 2> journeys_;
    unsigned turn_ = 0;
};

/// As many flows in a table that has room for no more: every place is taken, and 90 % of the index.
class FullSynwardTable : public SynwardTable {
  public:
    FullSynwardTable(std::uint32_t capacity, bool huge_pages)
        : SynwardTable{resident_at(capacity), huge_pages, resident_at(capacity)} {}
};

}  // namespace synward::bench
