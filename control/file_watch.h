// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "control/event_loop.h"

namespace synward::control {

/// Sees when a file gets other contents, however that is done: written in place, replaced by a
/// rename as editors do, or by moving a symbolic link on the way to it, as Kubernetes does with its
/// volumes. Watches folders by inotify, since a watch of the file would stay with the old one.
class FileWatch {
  public:
    /// Calls `changed` from `loop` a moment after the file at `path` is another or has been
    /// written. While there is no file there it is not called. Throws std::system_error.
    FileWatch(EventLoop& loop, const std::string& path, std::function<void()> changed);
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

  private:
    /// What tells one state of the file from another.
    struct State {
        dev_t device;
        ino_t number;
        off_t size;
        std::int64_t modified;  ///< nanoseconds
        std::int64_t changed;

        friend bool operator==(const State&, const State&) = default;
    };
    [[nodiscard]] std::optional<State> state() const;
    void watch_folders();
    void on_events();
    void look();

    EventLoop& loop_;
    std::string path_;
    std::function<void()> changed_;
    int descriptor_;
    std::set<int> folders_;  ///< inotify's numbers
    std::optional<State> last_;
    EventLoop::Watch events_;
    EventLoop::Watch pause_;  ///< until look()
    bool is_pausing_ = false;
};

}  // namespace synward::control
