// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "flow/batch_lookup.h"
#include "flow/flow.h"
#include "flow/index.h"
#include "tcp/tuple_hash.h"

namespace synward::flow {

/// A bounded table of flows, for one worker.
///
/// Flows lie densely in an array. An index of its own finds them: buckets of one cache line, each
/// with 12 entries (the place of a flow and 16 bits of the keyed hash as its tag) and counts of the
/// keys that had to go to another bucket, so that a lookup reads one index line and one flow line,
/// a miss nearly always one line alone. Takes 70 bytes a flow, and fills to the last place. Holds
/// no pointers: the memory may be mapped at any address by a later process that knows the secret.
///
/// Nothing here allocates after construction, and every operation is bounded. One thread.
class Table {
  public:
    /// Bytes that a table of `capacity` flows (1-2^24) needs, aligned to 64.
    static std::size_t required_bytes(std::uint32_t capacity);

    /// Makes an empty table in `memory` (zeroed, aligned to 64, of required_bytes()), which must
    /// outlive it. Throws std::invalid_argument where memory or capacity are not as they must be.
    Table(std::span<std::byte> memory, std::uint32_t capacity, const tcp::TupleHasher& hasher);
    /// The table that another Table object, in this process or an earlier one, left in `memory`;
    /// nothing where there is none of this version, capacity and secret. Only one object at a time
    /// may use the memory.
    static std::optional<Table> attach(std::span<std::byte> memory, std::uint32_t capacity,
                                       const tcp::TupleHasher& hasher);
    Table(Table&&) = default;
    Table& operator=(Table&&) = default;

    /// The flow, or nullptr.
    [[nodiscard]] Flow* find(const wire::FourTuple& tuple, const tcp::Block& hash);

    /// find() for many keys, in three steps, each of which asks for the memory that the next one
    /// reads: whoever has other work to do in between, such as the steps of other lookups, does not
    /// wait for it. begin() asks for the index, for keys that get the numbers from `first` on.
    void begin(BatchLookup& lookup, std::size_t first, std::span<const tcp::Block> hashes) const {
        lookup.locate(index_, first, hashes);
    }
    /// Reads the index as it is now and asks for the flows of `count` keys from `first` on. Both
    /// begin() and match() go over multiples of eight but for the last keys.
    void match(BatchLookup& lookup, std::size_t first, std::size_t count) const {
        lookup.match(index_, flows_, first, count);
    }
    /// Reads the flows of those of `numbers`, by bits, that have been matched. None may have come
    /// or gone since. result[i] is find(*tuples[i], hashes[i]) for those that it returns, by bits.
    std::uint64_t finish(BatchLookup& lookup, std::uint64_t numbers,
                         std::span<const wire::FourTuple* const> tuples,
                         std::span<const tcp::Block> hashes, std::span<Flow*> result);

    /// A new flow, all zero but for the tuple; the tuple must not be in the table. Where the table
    /// is full, nullptr: the caller may erase oldest_half_open() and try again.
    Flow* insert(const wire::FourTuple& tuple, const tcp::Block& hash);
    /// Removes the flow, from the queue too when it is there in Phase::kHalfOpen.
    void erase(Flow& flow);

    /// Puts a new flow in Phase::kHalfOpen at the young end of the queue.
    void enqueue_half_open(Flow& flow);
    /// Takes the flow, in Phase::kHalfOpen, out of the queue if it is there; its `half_open` links
    /// are zero afterwards, its phase is for the caller to change.
    void leave_half_open(Flow& flow);
    /// The half-open flow that has waited longest, or nullptr.
    [[nodiscard]] Flow* oldest_half_open();

    /// Looks at the next `places` places of the array, in rotation, and gives each flow whose
    /// expiry has come to `expired(Flow&)`, which erases it or gives it more time. `begins()` is
    /// called before the first place of each round, `seen(const Flow&)` for all that stay.
    template <typename Expired, typename Begins, typename Seen>
    void expire(CoarseTime now, std::uint32_t places, Expired&& expired, Begins&& begins,
                Seen&& seen) {
        for (std::uint32_t step = 0; step < places; ++step) {
            Flow& flow = next_in_rotation();
            if (header_->rotation == 1) {
                begins();
            }
            if (flow.in_use && CoarseTime::from_value(flow.expiry).has_come(now)) {
                expired(flow);
            }
            if (flow.in_use) {
                seen(flow);
            }
        }
    }
    template <typename Expired>
    void expire(CoarseTime now, std::uint32_t places, Expired&& expired) {
        expire(
            now, places, std::forward<Expired>(expired), [] {}, [](const Flow&) {});
    }
    /// Gives each flow in `places` places of the array from `first` on to `visit(const Flow&)`.
    /// Flows keep their place as long as they live.
    template <typename Visit>
    void visit(std::uint32_t first, std::uint32_t places, Visit&& visit) const {
        const std::uint32_t end = std::min(first + places, places_used());
        for (std::uint32_t place = first; place < end; ++place) {
            if (flows_[place].in_use) {
                visit(std::as_const(flows_[place]));
            }
        }
    }
    /// No flow lies at this place of the array or beyond.
    [[nodiscard]] std::uint32_t places_used() const { return header_->untouched; }

    /// Every flow in `places` places of the array from `first` on; `visit(Flow&)` erases none.
    template <typename Visit>
    void for_each_in(std::uint32_t first, std::uint32_t places, Visit&& visit) {
        const std::uint32_t end =
            std::min(header_->untouched, first + std::min(places, header_->capacity - first));
        for (std::uint32_t place = first; place < end; ++place) {
            if (flows_[place].in_use) {
                visit(flows_[place]);
            }
        }
    }
    /// Every flow in the table; `visit(Flow&)` may erase the flow it is given.
    template <typename Visit>
    void for_each(Visit&& visit) {
        for (std::uint32_t place = 0; place < header_->untouched; ++place) {
            if (flows_[place].in_use) {
                visit(flows_[place]);
            }
        }
    }

    [[nodiscard]] std::uint32_t size() const { return header_->size; }
    [[nodiscard]] std::uint32_t capacity() const { return header_->capacity; }
    [[nodiscard]] std::uint32_t half_open() const { return header_->half_open; }

  private:
    /// What the memory begins with; the index and the flows follow. A link is a place plus one, or
    /// zero for none.
    struct alignas(64) Header {
        std::uint64_t magic;
        std::uint32_t version;
        std::uint32_t capacity;
        std::uint64_t check_value;  ///< tells another secret, with which no flow would be found
        std::uint32_t size;
        std::uint32_t half_open;
        std::uint32_t free;       ///< link to the place freed last; Flow::half_open.older goes on
        std::uint32_t untouched;  ///< from this place on, none has ever been used
        std::uint32_t oldest;     ///< link to one end of the queue of half-open flows
        std::uint32_t youngest;   ///< and to the other
        std::uint32_t rotation;   ///< the place that expire() looks at next
    };

    struct Attached {};
    Table(Attached, std::span<std::byte> memory, std::uint32_t capacity,
          const tcp::TupleHasher& hasher);

    Flow& next_in_rotation();
    [[nodiscard]] std::uint32_t link_to(const Flow& flow) const {
        return static_cast<std::uint32_t>(&flow - flows_) + 1;
    }
    [[nodiscard]] Flow& at_link(std::uint32_t link) { return flows_[link - 1]; }

    Header* header_;
    Index index_;
    Flow* flows_;
    tcp::TupleHasher hasher_;
};

}  // namespace synward::flow
