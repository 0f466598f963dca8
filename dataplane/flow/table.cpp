// SPDX-License-Identifier: BSD-3-Clause
#include "flow/table.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "wire/places.h"

namespace synward::flow {
namespace {

constexpr std::uint64_t kMagic = 0x776f'6c66'6e79'7367;
/// To be raised with every change to Header, Bucket, Flow or to how a hash is spent.
constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kMostFlows = Bucket::kMostPlaces;

std::uint64_t check_value_of(const tcp::TupleHasher& hasher) {
    // No segment has this tuple, so its hash tells nothing about any flow's.
    return hasher(wire::FourTuple{}).low;
}

bool same(const wire::FourTuple& a, const wire::FourTuple& b) {
#if defined(__AVX2__)
    const auto addresses = [](const wire::FourTuple& tuple) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&tuple));
    };
    const __m256i difference = _mm256_xor_si256(addresses(a), addresses(b));
    const auto ports = [](const wire::FourTuple& tuple) {
        std::uint32_t both;
        std::memcpy(&both, &tuple.outside_port, sizeof both);
        return both;
    };
    return (_mm256_testz_si256(difference, difference) != 0) & (ports(a) == ports(b));
#else
    return a == b;
#endif
}

bool fits(std::span<std::byte> memory, std::uint32_t capacity) {
    return capacity >= 1 && capacity <= kMostFlows &&
           memory.size() >= Table::required_bytes(capacity) &&
           reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Flow) == 0;
}

}  // namespace

std::size_t Table::required_bytes(std::uint32_t capacity) {
    return sizeof(Header) + sizeof(Bucket) * Index::bucket_count(capacity) +
           sizeof(Flow) * std::size_t{capacity};
}

Table::Table(Attached, std::span<std::byte> memory, std::uint32_t capacity,
             const tcp::TupleHasher& hasher)
    : header_{reinterpret_cast<Header*>(memory.data())},
      index_{reinterpret_cast<Bucket*>(memory.data() + sizeof(Header)), capacity},
      flows_{reinterpret_cast<Flow*>(memory.data() + sizeof(Header) +
                                     sizeof(Bucket) * Index::bucket_count(capacity))},
      hasher_{hasher} {}

Table::Table(std::span<std::byte> memory, std::uint32_t capacity, const tcp::TupleHasher& hasher)
    : Table{Attached{},
            fits(memory, capacity)
                ? memory
                : throw std::invalid_argument{"flow table: memory or capacity out of range"},
            capacity, hasher} {
    *header_ = {};
    header_->version = kVersion;
    header_->capacity = capacity;
    header_->check_value = check_value_of(hasher);
    header_->magic = kMagic;
}

std::optional<Table> Table::attach(std::span<std::byte> memory, std::uint32_t capacity,
                                   const tcp::TupleHasher& hasher) {
    if (!fits(memory, capacity)) {
        return std::nullopt;
    }
    Table table{Attached{}, memory, capacity, hasher};
    if (table.header_->magic != kMagic || table.header_->version != kVersion ||
        table.header_->capacity != capacity ||
        table.header_->check_value != check_value_of(hasher)) {
        return std::nullopt;
    }
    return table;
}

Flow* Table::find(const wire::FourTuple& tuple, const tcp::Block& hash) {
    Flow* found = nullptr;
    index_.any_match(index_.locate(hash), [&](std::uint32_t place) {
        if (!same(flows_[place].tuple, tuple)) {
            return false;
        }
        found = &flows_[place];
        return true;
    });
    return found;
}

Flow* Table::insert(const wire::FourTuple& tuple, const tcp::Block& hash) {
    const bool reused = header_->free != 0;
    if (!reused && header_->untouched == header_->capacity) {
        return nullptr;
    }
    const std::uint32_t place = reused ? header_->free - 1 : header_->untouched;
    const auto hash_of = [this](std::uint32_t resident) { return hasher_(flows_[resident].tuple); };
    if (!index_.add(index_.locate(hash), place, hash_of)) {
        return nullptr;
    }
    Flow& flow = flows_[place];
    if (reused) {
        header_->free = flow.half_open.older;
    } else {
        ++header_->untouched;
    }
    ++header_->size;
    flow = Flow{};
    flow.tuple = tuple;
    flow.in_use = 1;
    return &flow;
}

void Table::erase(Flow& flow) {
    if (flow.life() == Phase::kHalfOpen) {
        leave_half_open(flow);
    }
    const std::uint32_t link = link_to(flow);
    index_.remove(index_.locate(hasher_(flow.tuple)), link - 1);
    flow.in_use = 0;
    flow.half_open = {.older = header_->free, .newer = 0};
    header_->free = link;
    --header_->size;
}

void Table::enqueue_half_open(Flow& flow) {
    const std::uint32_t link = link_to(flow);
    flow.half_open = {.older = header_->youngest, .newer = 0};
    if (header_->youngest != 0) {
        at_link(header_->youngest).half_open.newer = link;
    } else {
        header_->oldest = link;
    }
    header_->youngest = link;
    ++header_->half_open;
}

void Table::leave_half_open(Flow& flow) {
    const auto [older, newer] = flow.half_open;
    if (older == 0 && header_->oldest != link_to(flow)) {
        return;
    }
    (older != 0 ? at_link(older).half_open.newer : header_->oldest) = newer;
    (newer != 0 ? at_link(newer).half_open.older : header_->youngest) = older;
    flow.half_open = {};
    --header_->half_open;
}

Flow* Table::oldest_half_open() {
    return header_->oldest != 0 ? &at_link(header_->oldest) : nullptr;
}

Flow& Table::next_in_rotation() {
    constexpr std::uint32_t kAhead = 8;
    const std::uint32_t place = header_->rotation < header_->untouched ? header_->rotation : 0;
    header_->rotation = place + 1;
    __builtin_prefetch(&flows_[std::min(place + kAhead, header_->capacity - 1)]);
    return flows_[place];
}

std::uint64_t Table::finish(BatchLookup& lookup, std::uint64_t numbers,
                            std::span<const wire::FourTuple* const> tuples,
                            std::span<const tcp::Block> hashes, std::span<Flow*> result) {
    lookup.match_further(index_, flows_, numbers, hashes.data());
    std::uint64_t found = lookup.candidates() & numbers;
    wire::for_each_place(found, [&](unsigned i) {
        Flow& flow = flows_[lookup.place(i)];
        result[i] = &flow;
        if (!same(flow.tuple, *tuples[i])) [[unlikely]] {
            result[i] = find(*tuples[i], hashes[i]);
            found &= ~(std::uint64_t{result[i] == nullptr} << i);
        }
    });
    return found;
}

}  // namespace synward::flow
