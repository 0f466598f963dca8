// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace synward::control {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kMode = 0660;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw std::runtime_error{fmt::format("control socket {}: {}", path, why)};
}

std::string last_error() {
    return std::generic_category().message(errno);
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        fail(path, "the path is too long");
    }
    std::memcpy(&address.sun_path[0], path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

Descriptor new_socket(const std::string& path) {
    Descriptor made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!made.is_open()) {
        fail(path, last_error());
    }
    return made;
}

/// Keeps other processes from doing the same at the same time, until it is closed.
Descriptor locked_folder(const std::string& path) {
    const std::string folder = std::filesystem::path{path}.parent_path();
    ::mkdir(folder.c_str(), 0755);  // it is there as a rule
    Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened.is_open()) {
        fail(path, fmt::format("{}: {}", folder, last_error()));
    }
    ::flock(opened.number(), LOCK_EX);
    return opened;
}

/// Removes the socket that a process has left which is no more.
void remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return;
    }
    if (!S_ISSOCK(found.st_mode)) {
        fail(path, "there is a file that is no socket");
    }
    const Descriptor probe = new_socket(path);
    const bool is_refused =
        ::connect(probe.number(), generic(address), sizeof address) != 0 && errno == ECONNREFUSED;
    if (!is_refused) {
        fail(path, "synward already runs there");
    }
    ::unlink(path.c_str());
}

void give_to_group(const std::string& path, const std::string& name) {
    const group* const found = ::getgrnam(name.c_str());
    if (found == nullptr) {
        fail(path, fmt::format("there is no group '{}' on this machine", name));
    }
    if (::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
        fail(path, fmt::format("cannot be given to group '{}': {}", name, last_error()));
    }
}

Descriptor listen_at(const std::string& path, const std::string& group_name) {
    const sockaddr_un address = address_of(path);
    const Descriptor lock = locked_folder(path);
    remove_stale(path, address);
    Descriptor listener = new_socket(path);
    // Nobody but the owner may connect before it has its group.
    const mode_t previous = ::umask(0177);
    const int bound = ::bind(listener.number(), generic(address), sizeof address);
    const int bind_error = errno;
    ::umask(previous);
    if (bound != 0) {
        fail(path, std::generic_category().message(bind_error));
    }
    try {
        if (!group_name.empty()) {
            give_to_group(path, group_name);
        }
        if (::chmod(path.c_str(), kMode) != 0 || ::listen(listener.number(), kBacklog) != 0) {
            fail(path, last_error());
        }
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
    return listener;
}

}  // namespace

ControlSocket::ControlSocket(EventLoop& loop, const std::string& path, const std::string& group,
                             const Commands& commands)
    : loop_{loop}, path_{path}, commands_{commands}, listener_{listen_at(path, group)} {
    watch_ = loop.on_ready(listener_.number(), EPOLLIN, [this] { accept(); });
}

ControlSocket::~ControlSocket() {
    ::unlink(path_.c_str());
}

void ControlSocket::accept() {
    Descriptor socket{
        ::accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket.is_open()) {
        return;
    }
    if (clients_.size() == kMostClients) {
        constexpr std::string_view kRefusal =
            R"({"error":{"code":"busy","message":"too many programs are connected"}})"
            "\n";
        ::send(socket.number(), kRefusal.data(), kRefusal.size(), MSG_NOSIGNAL);
        return;
    }
    const auto place = clients_.emplace(clients_.end());
    *place = std::make_shared<ControlClient>(loop_, std::move(socket), commands_,
                                             [this, place] { clients_.erase(place); });
    (*place)->start();
}

}  // namespace synward::control
