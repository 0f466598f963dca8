// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "control/event_loop.h"

namespace synward::control {

/// Lets other threads have something done on the control thread, so that what lives there needs no
/// lock. Made and destroyed on the control thread.
class Errands {
  public:
    explicit Errands(EventLoop& loop);
    ~Errands();
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;

    /// What `work()` returns, called on the control thread; nothing where it was not done within
    /// `patience` or the control thread takes no more errands. `work` must own what it uses. From
    /// any thread but the control thread.
    template <typename Work>
    auto run(Work work, std::chrono::milliseconds patience)
        -> std::optional<std::invoke_result_t<Work>> {
        using Result = std::invoke_result_t<Work>;
        auto task = std::make_shared<std::packaged_task<Result()>>(std::move(work));
        std::future<Result> result = task->get_future();
        // Nothing of it stays here, so that the future ends with the errand if it is dropped.
        if (!post([task = std::move(task)] { (*task)(); }) ||
            result.wait_for(patience) != std::future_status::ready) {
            return std::nullopt;
        }
        try {
            return result.get();
        } catch (const std::future_error&) {
            return std::nullopt;  // close() has dropped it
        }
    }
    /// Takes no more errands and does none of those that wait.
    void close();

  private:
    bool post(std::function<void()> work);
    void work_off();

    std::mutex mutex_;  // of the two that follow
    std::deque<std::function<void()>> waiting_;
    bool is_closed_ = false;
    int event_;
    EventLoop::Watch watch_;
};

}  // namespace synward::control
