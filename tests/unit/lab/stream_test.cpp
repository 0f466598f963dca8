// SPDX-License-Identifier: BSD-3-Clause
#include "transfer/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>

namespace synward::lab {
namespace {

TEST(Stream, IsTheSameWhereverAPieceBegins) {
    std::array<char, 100> whole{};
    fill_stream(7, 0, whole);
    for (std::size_t offset = 0; offset <= whole.size(); ++offset) {
        for (std::size_t length = 0; offset + length <= whole.size(); ++length) {
            std::array<char, whole.size()> piece{};
            fill_stream(7, offset, std::span{piece}.first(length));
            EXPECT_TRUE(std::equal(piece.begin(),
                                   piece.begin() + static_cast<std::ptrdiff_t>(length),
                                   whole.begin() + static_cast<std::ptrdiff_t>(offset)))
                << offset << ' ' << length;
        }
    }
}

TEST(Stream, DiffersFromEveryOther) {
    std::array<char, 4096> one{};
    std::array<char, 4096> other{};
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        fill_stream(seed, 0, one);
        fill_stream(seed + 1, 0, other);
        const auto same = std::count_if(one.begin(), one.end(), [&](const char& byte) {
            return byte == other[static_cast<std::size_t>(&byte - one.data())];
        });
        EXPECT_LT(same, 60) << seed;  // 16 of 4096 by chance
    }
}

}  // namespace
}  // namespace synward::lab
