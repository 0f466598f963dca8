// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_hash.h>
#include <rte_malloc.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "flow/keys.h"

namespace synward::bench {

/// rte_hash in the flow table's place, as fast as it goes: one writer, no locks, no extendable
/// buckets, its own hash (CRC-32C, without a secret). It leads to a pointer; the state behind it is
/// not looked at but counts in bytes().
class RteHashTable {
  public:
    RteHashTable(std::uint32_t capacity, bool /*huge_pages*/) {
        const std::size_t before = allocated();
        rte_hash_parameters parameters{};
        parameters.name = "bench";
        parameters.entries = capacity;
        parameters.key_len = sizeof(wire::FourTuple);
        hash_ = rte_hash_create(&parameters);
        if (hash_ == nullptr) {
            give_up("rte_hash_create");
        }
        bytes_ = allocated() - before + std::size_t{capacity} * sizeof(State);
        for (std::uint32_t number = 0; number < resident_at(capacity); ++number) {
            numbers_.push_back(number);
            add(tuple_number(number));
        }
    }
    ~RteHashTable() { rte_hash_free(hash_); }
    RteHashTable(const RteHashTable&) = delete;
    RteHashTable& operator=(const RteHashTable&) = delete;

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    std::size_t look_up(const Batch<wire::FourTuple>& tuples) {
        Batch<const void*> keys;
        for (std::size_t i = 0; i < kBatch; ++i) {
            keys[i] = &tuples[i];
        }
        Batch<void*> data;
        std::uint64_t hit_mask = 0;
        const int hits =
            rte_hash_lookup_bulk_data(hash_, keys.data(), kBatch, &hit_mask, data.data());
        asm volatile("" : : "m"(data));
        return static_cast<std::size_t>(hits);
    }
    void replace(const Batch<std::uint32_t>& leaving, std::uint32_t first_coming) {
        const Batch<wire::FourTuple> coming = tuples_from(first_coming);
        for (std::size_t i = 0; i < kBatch; ++i) {
            const wire::FourTuple tuple = tuple_number(numbers_[leaving[i]]);
            rte_hash_del_key(hash_, &tuple);
            add(coming[i]);
            numbers_[leaving[i]] = first_coming + static_cast<std::uint32_t>(i);
        }
    }

  private:
    [[noreturn]] static void give_up(const char* what) {
        std::fprintf(stderr, "%s failed\n", what);
        std::exit(EXIT_FAILURE);
    }
    static std::size_t allocated() {
        rte_malloc_socket_stats statistics{};
        rte_malloc_get_socket_stats(0, &statistics);
        return statistics.heap_allocsz_bytes;
    }
    void add(const wire::FourTuple& tuple) {
        if (rte_hash_add_key_data(hash_, &tuple, this) != 0) {
            give_up("rte_hash_add_key_data");
        }
    }
    rte_hash* hash_ = nullptr;
    std::size_t bytes_ = 0;
    std::vector<std::uint32_t> numbers_;
};

}  // namespace synward::bench
