// SPDX-License-Identifier: BSD-3-Clause
#include "control/event_loop.h"

#include <signal.h>

#include <system_error>
#include <utility>

namespace synward::control {
namespace {

/// How late a timer may be, microseconds; sd-event's own choice is a quarter of a second.
constexpr std::uint64_t kAccuracy = 1000;

/// Returns `result` of an sd-event call; throws if it is an error.
int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error{-result, std::generic_category(), what};
    }
    return result;
}

}  // namespace

struct EventLoop::Source {
    EventLoop& loop;
    // Shared, so that a callback outlives a Watch that it destroys.
    std::shared_ptr<Callback> callback;
    std::uint64_t interval = 0;  // microseconds, of timers
    sd_event_source* source = nullptr;

    static int call(void* data) {
        const Source& self = *static_cast<Source*>(data);
        EventLoop& loop = self.loop;
        const std::shared_ptr<Callback> callback = self.callback;
        loop.call(*callback);
        return 0;
    }
    static int on_signal(sd_event_source* /*source*/, const signalfd_siginfo* /*signal*/,
                         void* data) {
        return call(data);
    }
    static int on_ready(sd_event_source* /*source*/, int /*descriptor*/, std::uint32_t /*events*/,
                        void* data) {
        return call(data);
    }
    static int on_time(sd_event_source* source, std::uint64_t /*due*/, void* data) {
        // Before the callback, which may remove the source.
        sd_event_source_set_time_relative(source, static_cast<Source*>(data)->interval);
        sd_event_source_set_enabled(source, SD_EVENT_ON);
        return call(data);
    }
};

void EventLoop::Watch::Remove::operator()(Source* source) const {
    sd_event_source_disable_unref(source->source);
    delete source;
}

EventLoop::EventLoop() {
    sd_event* loop = nullptr;
    checked(sd_event_new(&loop), "the control thread's event loop");
    loop_.reset(loop);
}

EventLoop::~EventLoop() = default;

EventLoop::Watch EventLoop::on_signal(int signal, Callback callback) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Watch watch{std::unique_ptr<Source, Watch::Remove>{
        new Source{*this, std::make_shared<Callback>(std::move(callback))}}};
    checked(sd_event_add_signal(loop_.get(), &watch.source_->source, signal, &Source::on_signal,
                                watch.source_.get()),
            "waiting for a signal");
    return watch;
}

EventLoop::Watch EventLoop::on_ready(int descriptor, std::uint32_t events, Callback callback) {
    Watch watch{std::unique_ptr<Source, Watch::Remove>{
        new Source{*this, std::make_shared<Callback>(std::move(callback))}}};
    checked(sd_event_add_io(loop_.get(), &watch.source_->source, descriptor, events,
                            &Source::on_ready, watch.source_.get()),
            "waiting for a descriptor");
    return watch;
}

EventLoop::Watch EventLoop::every(std::chrono::microseconds interval, Callback callback) {
    Watch watch{std::unique_ptr<Source, Watch::Remove>{
        new Source{*this, std::make_shared<Callback>(std::move(callback)),
                   static_cast<std::uint64_t>(interval.count())}}};
    checked(sd_event_add_time_relative(loop_.get(), &watch.source_->source, CLOCK_MONOTONIC,
                                       watch.source_->interval, kAccuracy, &Source::on_time,
                                       watch.source_.get()),
            "a timer");
    return watch;
}

void EventLoop::run() {
    checked(sd_event_loop(loop_.get()), "the control thread's event loop");
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

void EventLoop::stop() {
    checked(sd_event_exit(loop_.get(), 0), "the control thread's event loop");
}

void EventLoop::call(const Callback& callback) noexcept {
    try {
        callback();
    } catch (...) {
        // sd-event is C: an exception must not pass through it.
        failure_ = std::current_exception();
        sd_event_exit(loop_.get(), 0);
    }
}

}  // namespace synward::control
