// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_client.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace synward::control {

using nlohmann::json;
using nlohmann::ordered_json;

ControlClient::ControlClient(EventLoop& loop, Descriptor socket, const Commands& commands,
                             std::function<void()> closed)
    : loop_{loop}, socket_{std::move(socket)}, commands_{commands}, closed_{std::move(closed)} {}

void ControlClient::row(std::string_view object) {
    output_ += R"({"row":)";
    output_ += object;
    output_ += "}\n";
}

void ControlClient::finish(const ordered_json& result) {
    output_ += R"({"result":)";
    output_ += result.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    output_ += "}\n";
    is_finished_ = true;
}

void ControlClient::fail(std::string_view code, std::string_view message) {
    const ordered_json error{{"error", {{"code", code}, {"message", message}}}};
    output_ += error.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    output_ += '\n';
    is_finished_ = true;
}

void ControlClient::resume() {
    const auto self = shared_from_this();  // which closed_ may let go
    pump();
}

void ControlClient::on_ready() {
    const auto self = shared_from_this();
    pollfd state{.fd = socket_.number(), .events = POLLIN | POLLOUT, .revents = 0};
    ::poll(&state, 1, 0);
    if ((state.revents & (POLLHUP | POLLERR)) != 0) {
        return close();
    }
    pump();
}

void ControlClient::pump() {
    if (is_pumping_ || !socket_.is_open()) {
        return;
    }
    is_pumping_ = true;
    while (step()) {
    }
    is_pumping_ = false;
    if (socket_.is_open()) {
        wait();
    }
}

/// Whether there is more to do at once.
bool ControlClient::step() {
    write();
    if (!socket_.is_open() || !has_room()) {
        return false;
    }
    if (command_) {
        go_on();
        return !command_;
    }
    if (const auto end = input_.find('\n'); end != std::string::npos) {
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        begin(line);
        return true;
    }
    if (input_.size() > kLongestRequest) {
        fail("request_too_long", "a request has at most 65536 bytes");
        input_.clear();
        is_at_end_ = true;
        return true;
    }
    if (is_at_end_) {
        if (unread() == 0) {
            close();
        }
        return false;
    }
    return read();
}

bool ControlClient::read() {
    std::array<char, 4096> block;
    const ssize_t length = ::recv(socket_.number(), block.data(), block.size(), 0);
    if (length > 0) {
        input_.append(block.data(), static_cast<std::size_t>(length));
        return true;
    }
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    is_at_end_ = true;
    return true;
}

void ControlClient::write() {
    while (unread() != 0) {
        const ssize_t length =
            ::send(socket_.number(), output_.data() + written_, unread(), MSG_NOSIGNAL);
        if (length < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                close();
            }
            return;
        }
        written_ += static_cast<std::size_t>(length);
    }
    output_.clear();
    written_ = 0;
}

void ControlClient::begin(std::string_view line) {
    is_finished_ = false;
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
        return fail("bad_request", R"(a request is one line such as {"command": "status"})");
    }
    const json arguments = request.value("arguments", json::object());
    if (!arguments.is_object()) {
        return fail("bad_request", "arguments are a JSON object");
    }
    try {
        command_ = commands_.make(request["command"].get<std::string>(), arguments);
    } catch (const CommandFailure& failure) {
        fail(failure.code(), failure.what());
    } catch (const std::exception& error) {
        fail("internal", error.what());
    }
}

void ControlClient::go_on() {
    const auto command = command_;
    try {
        command->go_on(*this);
    } catch (const CommandFailure& failure) {
        fail(failure.code(), failure.what());
    } catch (const std::exception& error) {
        // A mistake in one answer must not end the run.
        fail("internal", error.what());
    }
    if (is_finished_) {
        command_.reset();
    }
}

void ControlClient::wait() {
    // While an answer is under way nothing is read, so that whoever sends faster than he reads
    // waits himself. That the client is gone shows in any case.
    const bool is_idle = !command_ && has_room() && !is_at_end_;
    const std::uint32_t events = (is_idle ? EPOLLIN : 0U) | (unread() != 0 ? EPOLLOUT : 0U);
    if (events == watched_events_) {
        return;
    }
    watched_events_ = events;
    watch_ = {};  // one registration at a time
    watch_ = loop_.on_ready(socket_.number(), events, [this] { on_ready(); });
}

void ControlClient::close() {
    if (!socket_.is_open()) {
        return;
    }
    command_.reset();
    watch_ = {};
    socket_ = {};
    closed_();
}

}  // namespace synward::control
