// SPDX-License-Identifier: BSD-3-Clause
#include "control/errands.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace synward::control {
namespace {

// Whoever asks faster than the control thread answers is refused.
constexpr std::size_t kMostWaiting = 64;

int event_descriptor() {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) {
        throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
    return descriptor;
}

}  // namespace

Errands::Errands(EventLoop& loop)
    : event_{event_descriptor()}, watch_{loop.on_ready(event_, EPOLLIN, [this] { work_off(); })} {}

Errands::~Errands() {
    watch_ = {};
    ::close(event_);
}

void Errands::close() {
    const std::lock_guard lock{mutex_};
    is_closed_ = true;
    waiting_.clear();  // who waits finds a broken promise
}

bool Errands::post(std::function<void()> work) {
    const std::lock_guard lock{mutex_};
    if (is_closed_ || waiting_.size() >= kMostWaiting) {
        return false;
    }
    waiting_.push_back(std::move(work));
    const std::uint64_t one = 1;
    return ::write(event_, &one, sizeof one) == sizeof one;
}

void Errands::work_off() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto length = ::read(event_, &count, sizeof count);
    std::deque<std::function<void()>> now;
    {
        const std::lock_guard lock{mutex_};
        now.swap(waiting_);
    }
    for (const auto& work : now) {
        work();
    }
}

}  // namespace synward::control
