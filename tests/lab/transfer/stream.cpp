// SPDX-License-Identifier: BSD-3-Clause
#include "transfer/stream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "flood/random.h"

namespace synward::lab {

void fill_stream(std::uint64_t seed, std::uint64_t offset, std::span<char> bytes) {
    std::uint64_t word = offset / 8;
    std::size_t skip = offset % 8;
    for (std::size_t done = 0; done < bytes.size(); ++word, skip = 0) {
        const std::uint64_t value = flood::mix(seed + word * flood::kGoldenRatio);
        const std::size_t length = std::min<std::size_t>(8 - skip, bytes.size() - done);
        std::array<char, 8> text;
        std::memcpy(text.data(), &value, sizeof value);
        std::memcpy(&bytes[done], &text[skip], length);
        done += length;
    }
}

}  // namespace synward::lab
