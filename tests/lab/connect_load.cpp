// SPDX-License-Identifier: BSD-3-Clause
// Opens connections at a fixed rate or a fixed number at a time, fetches one page on each, and
// prints as JSON how many succeeded and how long connecting took. Used by the lab's tests and by
// the demo.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "percentiles_json.h"
#include "sockets.h"

namespace synward::lab {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
    std::string address;
    std::uint16_t port = 80;
    std::vector<std::string> sources;
    std::string path = "/";
    std::uint64_t count = 0;   ///< stop after that many tries; 0: at the end of `seconds`
    double seconds = 0;        ///< stop starting new ones after that long; 0: at `count`
    double rate = 0;           ///< tries started a second, whatever becomes of them; 0: `parallel`
    std::size_t parallel = 1;  ///< open at one time
    double timeout_ms = 3000;  ///< of one try, from SYN to the last byte
};

/// One try: a connection, a request, the answer read to its end.
struct Try {
    int socket = -1;
    Clock::time_point started;
    std::optional<double> connect_ms;
    std::string answer_start;  ///< enough of the answer to see its status
};

class Load {
  public:
    explicit Load(Options options)
        : options_(std::move(options)),
          destination_(socket_address(options_.address, options_.port)),
          request_("GET " + options_.path + " HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"),
          epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (const std::string& source : options_.sources) {
            sources_.push_back(socket_address(source, 0));
        }
    }

    nlohmann::ordered_json run() {
        started_ = Clock::now();
        while (may_start_more() || open_ != 0) {
            start_due();
            wait();
            give_up_late();
        }
        return result();
    }

  private:
    static constexpr std::size_t kMostOpen = 60'000;

    double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }

    bool may_start_more() const {
        if (options_.count != 0 && tried_ >= options_.count) {
            return false;
        }
        return options_.seconds <= 0 || elapsed() < options_.seconds;
    }

    void start_due() {
        while (may_start_more() && open_ < kMostOpen) {
            const bool due = options_.rate > 0
                                 ? static_cast<double>(tried_) < elapsed() * options_.rate
                                 : open_ < options_.parallel;
            if (!due) {
                return;
            }
            start();
        }
    }

    void start() {
        const std::uint64_t number = tried_++;
        Try attempt;
        attempt.started = Clock::now();
        attempt.socket = new_socket(destination_);
        if (!sources_.empty()) {
            SocketAddress& source = sources_[number % sources_.size()];
            const int on = 1;
            // Without it a bound socket takes a port of its own whatever the destination.
            setsockopt(attempt.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            if (bind(attempt.socket, source.get(), source.length) != 0) {
                throw std::system_error(errno, std::generic_category(), "bind");
            }
        }
        const int status = connect(attempt.socket, destination_.get(), destination_.length);
        if (status != 0 && errno != EINPROGRESS) {
            failures_[std::strerror(errno)]++;
            close(attempt.socket);
            return;
        }
        epoll_event event{};
        event.events = EPOLLOUT;
        event.data.fd = attempt.socket;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, attempt.socket, &event);
        const auto place = static_cast<std::size_t>(attempt.socket);
        if (tries_.size() <= place) {
            tries_.resize(place + 1);
        }
        by_age_.emplace_back(attempt.socket, attempt.started);
        tries_[place] = std::move(attempt);
        open_++;
    }

    void wait() {
        std::array<epoll_event, 256> events;
        const int wait_ms = options_.rate > 0 && may_start_more() ? 1 : 10;
        const int count =
            epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            Try& attempt = tries_[static_cast<std::size_t>(event.data.fd)];
            if (!attempt.connect_ms) {
                connected(attempt);
            } else {
                readable(attempt);
            }
        }
    }

    void connected(Try& attempt) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(attempt.socket, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0) {
            fail(attempt, std::strerror(error));
            return;
        }
        attempt.connect_ms = Milliseconds(Clock::now() - attempt.started).count();
        connect_ms_.push_back(*attempt.connect_ms);
        if (send(attempt.socket, request_.data(), request_.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request_.size())) {
            fail(attempt, "request not sent");
            return;
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = attempt.socket;
        epoll_ctl(epoll_, EPOLL_CTL_MOD, attempt.socket, &event);
    }

    void readable(Try& attempt) {
        std::array<char, 16384> buffer;
        const ssize_t size = recv(attempt.socket, buffer.data(), buffer.size(), 0);
        if (size < 0) {
            if (errno != EAGAIN) {
                fail(attempt, std::strerror(errno));
            }
            return;
        }
        if (size > 0) {
            if (attempt.answer_start.size() < 16) {
                attempt.answer_start.append(buffer.data(), static_cast<std::size_t>(size));
            }
            return;
        }
        if (attempt.answer_start.starts_with("HTTP/1.1 200 ")) {
            succeeded_++;
            answer_ms_.push_back(Milliseconds(Clock::now() - attempt.started).count());
            end(attempt);
        } else {
            fail(attempt, "answer is no HTTP 200");
        }
    }

    void give_up_late() {
        const auto now = Clock::now();
        while (!by_age_.empty() &&
               Milliseconds(now - by_age_.front().second).count() > options_.timeout_ms) {
            const auto [socket, started] = by_age_.front();
            by_age_.pop_front();
            Try& attempt = tries_[static_cast<std::size_t>(socket)];
            if (attempt.socket == socket && attempt.started == started) {
                fail(attempt,
                     attempt.connect_ms ? "timed out, connected" : "timed out, connecting");
            }
        }
    }

    void fail(Try& attempt, const std::string& why) {
        failures_[why]++;
        end(attempt);
    }

    void end(Try& attempt) {
        close(attempt.socket);
        attempt = Try{};
        open_--;
    }

    nlohmann::ordered_json result() {
        nlohmann::ordered_json json;
        json["tried"] = tried_;
        json["connected"] = connect_ms_.size();
        json["succeeded"] = succeeded_;
        json["seconds"] = elapsed();
        json["timeout_ms"] = options_.timeout_ms;
        json["connect_ms"] = percentiles(connect_ms_, tried_);
        json["answer_ms"] = percentiles(answer_ms_, tried_);
        json["failures"] = failures_;
        return json;
    }

    Options options_;
    SocketAddress destination_;
    std::vector<SocketAddress> sources_;
    std::string request_;
    int epoll_;
    Clock::time_point started_;
    std::uint64_t tried_ = 0;
    std::uint64_t succeeded_ = 0;
    std::size_t open_ = 0;
    std::vector<Try> tries_;  ///< by socket
    std::deque<std::pair<int, Clock::time_point>> by_age_;
    std::vector<double> connect_ms_;
    std::vector<double> answer_ms_;
    std::map<std::string, std::uint64_t> failures_;
};

Options parse(int argc, char** argv) {
    Options options;
    CLI::App app{"Opens HTTP connections at a rate or some at a time and tells how they fared"};
    app.add_option("address", options.address, "server's IPv4 or IPv6 address")->required();
    app.add_option("--port", options.port);
    app.add_option("--source", options.sources, "addresses to connect from, in turn")
        ->delimiter(',');
    app.add_option("--path", options.path);
    app.add_option("--count", options.count, "connections to try in all");
    app.add_option("--seconds", options.seconds, "how long to go on starting connections");
    app.add_option("--rate", options.rate, "connections started a second, done or not");
    app.add_option("--parallel", options.parallel, "connections open at one time, without --rate");
    app.add_option("--timeout-ms", options.timeout_ms, "a try has failed after that long");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    if (options.count == 0 && options.seconds <= 0) {
        throw std::runtime_error("give --count or --seconds");
    }
    return options;
}

}  // namespace
}  // namespace synward::lab

int main(int argc, char** argv) {
    try {
        synward::lab::allow_many_sockets();
        std::cout << synward::lab::Load{synward::lab::parse(argc, argv)}.run().dump() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "connect_load: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
