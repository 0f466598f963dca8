// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "worker/question.h"

namespace synward::worker {

/// Lists what lies in the places of one of a worker's tables, a part at each time it is asked:
/// asked again, it goes on where it ended. What is there all the time is listed once; what comes or
/// goes meanwhile may be or not.
template <typename Record>
class Listing : public Question {
  public:
    /// Each part has `records` at most, and is found among `places` places of the table.
    Listing(std::uint32_t records, std::uint32_t places, const Record& empty = {})
        : records_(records, empty), places_of_part_{places}, places_left_{places} {}

    bool work(const Answering& worker, unsigned places) final {
        now_ = worker.now;
        const std::uint32_t end = places_of(worker);
        const std::uint32_t due =
            std::min({std::uint32_t{places}, places_left_, room(), end - std::min(end, next_)});
        look(worker, next_, due);
        next_ += due;
        places_left_ -= due;
        is_at_end_ = next_ >= end;
        return is_at_end_ || places_left_ == 0 || room() == 0;
    }

    // Control thread, while it is not with a worker:
    [[nodiscard]] std::span<const Record> records() const { return {records_.data(), count_}; }
    /// When the part was listed, by the worker's clock.
    [[nodiscard]] tcp::Time now() const { return now_; }
    /// The whole table has been looked at.
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }
    /// Makes it ready for the next part.
    void go_on() {
        count_ = 0;
        places_left_ = places_of_part_;
    }

  protected:
    /// Worker's thread: where the table ends.
    virtual std::uint32_t places_of(const Answering& worker) = 0;
    /// Worker's thread: adds what is to be listed of `count` places from `first` on, at most one
    /// record for each.
    virtual void look(const Answering& worker, std::uint32_t first, std::uint32_t count) = 0;
    void add(const Record& record) { records_[count_++] = record; }

  private:
    [[nodiscard]] std::uint32_t room() const {
        return static_cast<std::uint32_t>(records_.size()) - count_;
    }

    std::vector<Record> records_;  // never grows
    std::uint32_t count_ = 0;
    std::uint32_t next_ = 0;
    std::uint32_t places_of_part_;
    std::uint32_t places_left_;
    tcp::Time now_{};
    bool is_at_end_ = false;
};

}  // namespace synward::worker
