// SPDX-License-Identifier: BSD-3-Clause
#include "defense/connecting.h"

namespace synward::defense {

ConnectingPool::ConnectingPool(std::uint32_t connections, std::uint32_t segments,
                               std::uint8_t segments_per_connection)
    : all_(connections), segments_{segments}, segments_per_connection_{segments_per_connection} {
    free_.reserve(connections);
    released_.reserve(connections);
    for (std::uint32_t number = connections; number > 0; --number) {
        free_.push_back(number - 1);
    }
}

std::optional<std::uint32_t> ConnectingPool::take() {
    if (free_.empty()) {
        return std::nullopt;
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    all_[number] = Connecting{};
    all_[number].in_use = true;
    ++in_use_;
    return number;
}

void ConnectingPool::release(std::uint32_t number, wire::Reason reason) {
    Connecting& connecting = all_[number];
    connecting.release_reason = reason;
    segments_held_ -= connecting.held;
    connecting.held = 0;
    connecting.in_use = false;
    --in_use_;
    released_.push_back(number);
}

void ConnectingPool::recycle() {
    free_.insert(free_.end(), released_.begin(), released_.end());
    released_.clear();
}

bool ConnectingPool::hold(std::uint32_t number) {
    Connecting& connecting = all_[number];
    if (connecting.held >= segments_per_connection_ || segments_held_ >= segments_) {
        return false;
    }
    ++connecting.held;
    ++segments_held_;
    return true;
}

}  // namespace synward::defense
