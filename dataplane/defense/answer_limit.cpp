// SPDX-License-Identifier: BSD-3-Clause
#include "defense/answer_limit.h"

#include <algorithm>
#include <bit>

namespace synward::defense {
namespace {

constexpr std::size_t kLeastBuckets = std::size_t{1} << 16U;
constexpr std::size_t kMostBuckets = std::size_t{1} << 22U;
// An evenly spread flood of as many SYNs a second as a worker is made for leaves half of every
// bucket's rate.
constexpr std::size_t kLargestFlood = 25'000'000;

std::size_t bucket_count(std::uint32_t rate) {
    return std::clamp(std::bit_ceil(2 * kLargestFlood / rate), kLeastBuckets, kMostBuckets);
}

}  // namespace

AnswerLimit::AnswerLimit(std::uint32_t rate, SourcePrefix prefix, std::uint64_t key)
    : prefix_{prefix},
      multiplier_{key | 1U},
      interval_{(kSecond + rate - 1) / rate},
      furthest_{kSecond - 1 + interval_},
      free_at_(bucket_count(rate)) {
    shift_ = 64U - static_cast<unsigned>(std::countr_zero(free_at_.size()));
}

}  // namespace synward::defense
