// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace synward::bench {

/// A few instructions a number.
class Random {
  public:
    std::uint32_t next() {
        state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return static_cast<std::uint32_t>(state_ >> 32U);
    }
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * count) >> 32U);
    }

  private:
    std::uint64_t state_ = 1;
};

}  // namespace synward::bench
