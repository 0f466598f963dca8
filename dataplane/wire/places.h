// SPDX-License-Identifier: BSD-3-Clause
//
// Sets of up to 64 places in a batch, as bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace synward::wire {

/// The first `count` places, 0-64.
constexpr std::uint64_t first_places(std::size_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}
constexpr bool has_place(std::uint64_t set, unsigned place) {
    return (set >> place & 1U) != 0;
}
constexpr void set_place(std::uint64_t& set, unsigned place, bool is_in) {
    set = (set & ~(std::uint64_t{1} << place)) | std::uint64_t{is_in} << place;
}
/// Makes `to` as `from` is.
constexpr void move_place(std::uint64_t& set, unsigned from, unsigned to) {
    set_place(set, to, has_place(set, from));
}
/// Calls `visit(place)` for each place of the set, the lowest first.
template <typename Visit>
[[gnu::always_inline]] constexpr void for_each_place(std::uint64_t set, Visit&& visit) {
    for (; set != 0; set &= set - 1) {
        visit(static_cast<unsigned>(std::countr_zero(set)));
    }
}

}  // namespace synward::wire
