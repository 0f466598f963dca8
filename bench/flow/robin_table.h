// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/mman.h>
#include <tsl/robin_map.h>

#include <memory>
#include <new>
#include <vector>

#include "flow/keys.h"
#include "tcp/tuple_hash.h"

namespace synward::bench {

/// Memory on transparent huge pages if wanted, as the flow table has it; counts what is taken.
template <typename Item>
struct PageAllocator {
    using value_type = Item;
    bool huge_pages = true;
    std::size_t* taken = nullptr;

    PageAllocator(bool huge, std::size_t* count) : huge_pages{huge}, taken{count} {}
    template <typename Other>
    PageAllocator(const PageAllocator<Other>& other)  // NOLINT: allocators convert
        : huge_pages{other.huge_pages}, taken{other.taken} {}

    Item* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(Item);
        void* const memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::bad_alloc{};
        }
        madvise(memory, bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        *taken += bytes;
        return static_cast<Item*>(memory);
    }
    void deallocate(Item* memory, std::size_t count) {
        munmap(memory, count * sizeof(Item));
        *taken -= count * sizeof(Item);
    }
    friend bool operator==(const PageAllocator&, const PageAllocator&) { return true; }
};

/// tsl::robin_map (Robin Hood hashing, open addressing) in the flow table's place, keys and states
/// in its buckets, by the same keyed hash, computed for the whole batch.
class RobinTable {
  public:
    RobinTable(std::uint32_t capacity, bool huge_pages)
        : map_{0, Hash{&hasher_}, std::equal_to<>{}, Allocator{huge_pages, &bytes_}} {
        map_.max_load_factor(0.9F);
        map_.rehash(capacity);
        for (std::uint32_t number = 0; number < resident_at(capacity); ++number) {
            numbers_.push_back(number);
            map_.emplace(tuple_number(number), State{});
        }
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    std::size_t look_up(const Batch<wire::FourTuple>& tuples) {
        Batch<tcp::Block> hashes;
        hasher_(pointers_to(tuples), hashes);
        std::size_t hits = 0;
        for (std::size_t i = 0; i < kBatch; ++i) {
            hits += map_.find(tuples[i], hashes[i].low) != map_.end() ? 1U : 0U;
        }
        return hits;
    }
    void replace(const Batch<std::uint32_t>& leaving, std::uint32_t first_coming) {
        const Batch<wire::FourTuple> coming = tuples_from(first_coming);
        for (std::size_t i = 0; i < kBatch; ++i) {
            map_.erase(tuple_number(numbers_[leaving[i]]));
            map_.emplace(coming[i], State{});
            numbers_[leaving[i]] = first_coming + static_cast<std::uint32_t>(i);
        }
    }

  private:
    struct Hash {
        const tcp::TupleHasher* hasher;
        std::size_t operator()(const wire::FourTuple& tuple) const { return (*hasher)(tuple).low; }
    };
    using Allocator = PageAllocator<std::pair<wire::FourTuple, State>>;

    std::size_t bytes_ = 0;
    tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    tsl::robin_map<wire::FourTuple, State, Hash, std::equal_to<>, Allocator> map_;
    std::vector<std::uint32_t> numbers_;
};

}  // namespace synward::bench
