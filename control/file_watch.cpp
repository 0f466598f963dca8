// SPDX-License-Identifier: BSD-3-Clause
#include "control/file_watch.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace synward::control {
namespace {

// Whoever replaces a file does several things to its folder in a row.
constexpr std::chrono::milliseconds kPause{100};
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The folder of the path, and that of each file to which a symbolic link leads from there.
std::vector<std::filesystem::path> folders_on_the_way_to(std::filesystem::path path) {
    constexpr unsigned kMostLinks = 40;  // as many as the kernel follows
    std::error_code none;
    std::vector<std::filesystem::path> folders{path.parent_path()};
    for (unsigned link = 0; link < kMostLinks && is_symlink(path, none); ++link) {
        path = path.parent_path() / read_symlink(path, none);  // an absolute one replaces it
        folders.push_back(path.parent_path());
    }
    return folders;
}

}  // namespace

FileWatch::FileWatch(EventLoop& loop, const std::string& path, std::function<void()> changed)
    : loop_{loop},
      path_{std::filesystem::absolute(path)},
      changed_{std::move(changed)},
      descriptor_{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)},
      last_{state()} {
    if (descriptor_ < 0) {
        throw std::system_error{errno, std::generic_category(), "watching the policy file"};
    }
    watch_folders();
    events_ = loop.on_ready(descriptor_, EPOLLIN, [this] { on_events(); });
}

FileWatch::~FileWatch() {
    events_ = {};
    close(descriptor_);
}

std::optional<FileWatch::State> FileWatch::state() const {
    struct stat found {};
    if (stat(path_.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
        return std::nullopt;
    }
    return State{found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
                 nanoseconds(found.st_ctim)};
}

void FileWatch::watch_folders() {
    std::set<int> folders;
    for (const auto& folder : folders_on_the_way_to(path_)) {
        const int number = inotify_add_watch(descriptor_, folder.c_str(), kEvents);
        if (number >= 0) {
            folders.insert(number);
        }
    }
    for (const int number : folders_) {
        if (!folders.contains(number)) {
            inotify_rm_watch(descriptor_, number);
        }
    }
    folders_ = std::move(folders);
}

void FileWatch::on_events() {
    std::array<char, 4096> events;
    while (read(descriptor_, events.data(), events.size()) > 0) {
    }
    if (!is_pausing_) {
        is_pausing_ = true;
        pause_ = loop_.every(kPause, [this] { look(); });
    }
}

void FileWatch::look() {
    is_pausing_ = false;
    pause_ = {};
    watch_folders();  // before the look, so that nothing is missed between the two
    const auto found = state();
    if (found && found != last_) {
        last_ = found;
        changed_();
    }
}

}  // namespace synward::control
