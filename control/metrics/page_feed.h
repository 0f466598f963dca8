// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "control/sample.h"

namespace synward::control {

/// What the status page shows of `sample`: counters as they are, and under "point" what happened
/// since `before` a second, which the page plots.
nlohmann::ordered_json page_state(const Sample& sample, const Sample& before);

/// The samples that open status pages get, each as a line of JSON. The control thread publishes,
/// any other waits.
class PageFeed {
  public:
    /// What a page that is opened late is shown of the past.
    static constexpr std::size_t kHistory = 300;

    void publish(const Sample& sample);
    /// Wakes everybody who waits; nothing is published any more.
    void close();

    struct Update {
        std::uint64_t number = 0;
        std::string state;
    };
    /// The latest state once there is one after number `seen`; nothing when the feed is closed.
    std::optional<Update> wait_after(std::uint64_t seen);
    /// The points of the past, the oldest first, as a JSON array.
    [[nodiscard]] std::string history() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable published_;
    std::optional<Sample> last_;
    Update latest_;
    std::deque<std::string> points_;
    bool is_closed_ = false;
};

}  // namespace synward::control
