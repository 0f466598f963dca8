// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace synward::control {

/// What the control thread waits for: signals, descriptors and timers, one callback at a time. All
/// that runs on the control thread belongs in here, so that none of it needs a lock. One thread.
///
/// A callback that throws ends run(), which throws the same.
class EventLoop {
  public:
    using Callback = std::function<void()>;

  private:
    struct Source;

  public:
    /// A callback's registration; ends it when destroyed, which the callback itself may do.
    class Watch {
      public:
        Watch() = default;

      private:
        friend class EventLoop;
        struct Remove {
            void operator()(Source* source) const;
        };
        explicit Watch(std::unique_ptr<Source, Remove> source) : source_{std::move(source)} {}
        std::unique_ptr<Source, Remove> source_;
    };

    /// Throws std::system_error when the kernel refuses.
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Blocks `signal` for this thread and those that it starts later, and takes it here. Before
    /// any other thread starts.
    [[nodiscard]] Watch on_signal(int signal, Callback callback);
    /// While `descriptor` has `events` (EPOLLIN, EPOLLOUT, ...), level-triggered. The descriptor
    /// stays the caller's and is closed after the Watch is gone.
    [[nodiscard]] Watch on_ready(int descriptor, std::uint32_t events, Callback callback);
    /// Again and again, `interval` after the last call at the earliest.
    [[nodiscard]] Watch every(std::chrono::microseconds interval, Callback callback);

    /// Runs callbacks until stop().
    void run();
    /// From a callback: run() returns when the callback has.
    void stop();

  private:
    friend struct Source;
    void call(const Callback& callback) noexcept;

    struct Release {
        void operator()(sd_event* loop) const { sd_event_unref(loop); }
    };
    std::unique_ptr<sd_event, Release> loop_;
    std::exception_ptr failure_;
};

}  // namespace synward::control
