// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

namespace synward::model {

/// A set of hashes, by open addressing: eight bytes for each place, half of them in use at most.
class Visited {
  public:
    /// False: it was there already.
    bool insert(std::uint64_t hash) {
        hash |= hash == 0 ? 1U : 0U;
        if ((size_ + 1) * 2 > places_.size()) {
            grow();
        }
        return put(hash);
    }
    [[nodiscard]] std::uint64_t size() const { return size_; }

  private:
    bool put(std::uint64_t hash) {
        const std::size_t mask = places_.size() - 1;
        for (std::size_t place = hash & mask;; place = (place + 1) & mask) {
            if (places_[place] == hash) {
                return false;
            }
            if (places_[place] == 0) {
                places_[place] = hash;
                ++size_;
                return true;
            }
        }
    }
    void grow() {
        std::vector<std::uint64_t> old(places_.size() * 2);
        old.swap(places_);
        size_ = 0;
        for (const std::uint64_t hash : old) {
            if (hash != 0) {
                put(hash);
            }
        }
    }

    std::vector<std::uint64_t> places_ = std::vector<std::uint64_t>(1U << 16U);
    std::uint64_t size_ = 0;
};

}  // namespace synward::model
