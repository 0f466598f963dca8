// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "control/event_loop.h"
#include "worker/engine.h"
#include "worker/question.h"

namespace synward::control {

/// The control thread's questions to the workers, each worker's in a line. A worker makes no system
/// call to say that it has answered, so the control thread looks every millisecond, and only while
/// there is something to wait for. Control thread.
class Inquiries {
  public:
    using Answered = std::function<void()>;

    /// Both outlive this.
    Inquiries(EventLoop& loop, worker::Engine& engine);
    /// Stops the engine if it runs: its workers may be at a question.
    ~Inquiries();
    Inquiries(const Inquiries&) = delete;
    Inquiries& operator=(const Inquiries&) = delete;

    /// Asks worker number `worker`; `answered` is called, from the loop, when the question is back.
    /// The question lives until then at least.
    void ask(std::size_t worker, std::shared_ptr<worker::Question> question, Answered answered);
    [[nodiscard]] std::size_t workers() const { return lines_.size(); }

  private:
    struct Open {
        std::shared_ptr<worker::Question> question;
        Answered answered;
    };

    void look();

    EventLoop& loop_;
    worker::Engine& engine_;
    std::vector<std::deque<Open>> lines_;  ///< by worker; the first is with it
    std::size_t open_ = 0;
    EventLoop::Watch timer_;
};

}  // namespace synward::control
