// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/connection.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace synward::control::ctl {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kRowStart = R"({"row":)";

/// Whom the socket is for, from its own owner and group.
std::string who_may(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return "you may not enter its folder";
    }
    const group* const its_group = ::getgrgid(found.st_gid);
    const std::string name =
        its_group != nullptr ? its_group->gr_name : std::to_string(found.st_gid);
    return fmt::format(
        "it is for members of group '{}': ask to be added to it (and log in anew), "
        "or use sudo",
        name);
}

std::string why_not(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
            return "there is no such socket: is synward running, and with this path as "
                   "control.socket in its policy?";
        case ECONNREFUSED:
            return "nobody listens: the synward that made the socket has ended";
        case EACCES:
        case EPERM:
            return "no permission: " + who_may(path);
        default:
            return std::generic_category().message(error);
    }
}

}  // namespace

Connection::Connection(const std::string& path)
    : path_{path}, socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw Unreachable{path + ": the path is too long for a socket"};
    }
    std::memcpy(&address.sun_path[0], path.data(), path.size());
    if (::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        throw Unreachable{fmt::format("{}: {}", path, why_not(path, errno))};
    }
}

ordered_json Connection::ask(std::string_view command, const json& arguments,
                             const TakeRow& take_row) {
    send(json{{"command", command}, {"arguments", arguments}}.dump() + "\n");
    while (true) {
        const std::string_view answer = line();
        if (answer.starts_with(kRowStart)) {
            if (take_row &&
                !take_row(answer.substr(kRowStart.size(), answer.size() - kRowStart.size() - 1))) {
                return {};
            }
            continue;
        }
        const auto object = ordered_json::parse(answer, nullptr, false);
        if (object.contains("result")) {
            return object["result"];
        }
        if (object.contains("error")) {
            throw Refused{object["error"].value("message", "it does not say why")};
        }
        throw Unreachable{path_ + ": the answer is none of synward's"};
    }
}

void Connection::send(std::string_view text) {
    while (!text.empty()) {
        const ssize_t length = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR) {
            throw Unreachable{path_ + ": synward has ended"};
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    }
}

std::string_view Connection::line() {
    std::size_t searched = taken_;
    std::size_t end = 0;
    while ((end = input_.find('\n', searched)) == std::string::npos) {
        input_.erase(0, taken_);
        taken_ = 0;
        searched = input_.size();
        std::array<char, 65536> block;
        const ssize_t length = ::recv(socket_.number(), block.data(), block.size(), 0);
        if (length < 0 && errno == EINTR) {
            continue;
        }
        if (length <= 0) {
            throw Unreachable{path_ + ": synward has ended"};
        }
        input_.append(block.data(), static_cast<std::size_t>(length));
    }
    const std::string_view found{input_.data() + taken_, end - taken_};
    taken_ = end + 1;
    return found;
}

}  // namespace synward::control::ctl
