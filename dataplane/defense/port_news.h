// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tcp/aes128.h"
#include "tcp/time.h"

namespace synward::defense {

/// What one worker has learned of an inside port, to be told to the others: connections to one port
/// are spread over all workers.
struct PortNews {
    tcp::Block key;  ///< of address and port, as in RefusedPorts
    tcp::Time at;    ///< when it was learned, by its worker's clock
    std::uint16_t port = 0;
    bool is_open = false;  ///< else it has refused
};

/// The news of one batch. Bounded: what finds no room stays untold, and the other workers learn it
/// by themselves. One thread.
class PortNewsList {
  public:
    static constexpr std::size_t kMost = 64;

    void add(const PortNews& news) {
        if (count_ < kMost) {
            all_[count_++] = news;
        }
    }
    [[nodiscard]] std::span<const PortNews> all() const { return {all_.data(), count_}; }
    void clear() { count_ = 0; }

  private:
    std::array<PortNews, kMost> all_;
    std::size_t count_ = 0;
};

}  // namespace synward::defense
