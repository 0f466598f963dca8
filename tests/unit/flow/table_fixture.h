// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "flow/table.h"

namespace synward::flow {

/// Zeroed memory as a table wants it.
class TableMemory {
  public:
    explicit TableMemory(std::uint32_t capacity)
        : lines_((Table::required_bytes(capacity) + sizeof(Line) - 1) / sizeof(Line)) {}
    std::span<std::byte> bytes() { return std::as_writable_bytes(std::span{lines_}); }

  private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::vector<Line> lines_;
};

inline tcp::TupleHasher hasher_number(std::uint8_t number) {
    return tcp::TupleHasher{tcp::Secret{0x5e, 0xed, number}};
}

/// An even choice from 0 to `count` - 1.
inline std::uint32_t below(std::uint32_t count, std::mt19937& random) {
    return std::uniform_int_distribution<std::uint32_t>{0, count - 1}(random);
}

/// A tuple for each number: different ones for different numbers.
inline wire::FourTuple tuple_number(std::uint32_t number) {
    const std::uint8_t client[4] = {198, 18, static_cast<std::uint8_t>(number >> 24U),
                                    static_cast<std::uint8_t>(number >> 16U)};
    const std::uint8_t server[4] = {192, 0, 2, 1};
    return {.outside_address = wire::Address::from_ipv4(client),
            .inside_address = wire::Address::from_ipv4(server),
            .outside_port = static_cast<std::uint16_t>(number),
            .inside_port = 443};
}

/// A table with memory of its own, to which keys are numbers.
struct NumberedTable {
    explicit NumberedTable(std::uint32_t capacity, std::uint8_t seed = 0)
        : memory{capacity}, hasher{hasher_number(seed)}, table{memory.bytes(), capacity, hasher} {}

    tcp::Block hash(std::uint32_t number) const { return hasher(tuple_number(number)); }
    Flow* find(std::uint32_t number) { return table.find(tuple_number(number), hash(number)); }
    Flow* insert(std::uint32_t number) { return table.insert(tuple_number(number), hash(number)); }

    TableMemory memory;
    tcp::TupleHasher hasher;
    Table table;
};

}  // namespace synward::flow
