// SPDX-License-Identifier: BSD-3-Clause
// Exchanges numbered streams of pseudo-random bytes over many connections, both ways at once, and
// checks every byte at both ends. `transfer serve ADDRESS PORT` answers; `transfer run ADDRESS
// PORT` asks, and prints as JSON how its connections fared.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "flood/random.h"

namespace synward::lab {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string address;
    std::uint16_t port = 0;
    std::uint64_t download = 50'000;
    std::uint64_t upload = 5'000;
    std::uint64_t count = 1;
    std::uint64_t parallel = 1;
    double timeout_ms = 60'000;  ///< of one connection, from SYN to the last byte
    bool greet = false;          ///< serve: a banner first
    bool banner = false;         ///< run: wait for it before saying anything
};

constexpr std::string_view kBanner = "220 hello\r\n";
constexpr std::size_t kPiece = 1 << 16;

/// What the client asks for, in front of its own stream. Both ends are one machine.
struct Request {
    std::uint64_t seed;
    std::uint64_t download;
    std::uint64_t upload;
};
constexpr std::uint64_t kAllRight = 0x6f6b6f6b6f6b6f6bULL;  ///< the server's last word

/// Bytes of a stream from `offset` on.
void fill(std::uint64_t seed, std::uint64_t offset, std::span<char> bytes) {
    std::uint64_t word = offset / 8;
    std::size_t skip = offset % 8;
    for (std::size_t done = 0; done < bytes.size(); ++word, skip = 0) {
        const std::uint64_t value = flood::mix(seed + word * flood::kGoldenRatio);
        const std::size_t length = std::min<std::size_t>(8 - skip, bytes.size() - done);
        std::array<char, 8> text;
        std::memcpy(text.data(), &value, sizeof value);
        std::memcpy(&bytes[done], &text[skip], length);
        done += length;
    }
}

class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One stream out and one in over a nonblocking socket, framed by what goes before and behind.
class Exchange {
  public:
    Exchange(int socket, bool is_client, const Options& options)
        : socket_{socket}, is_client_{is_client} {
        if (is_client_) {
            to_come_ = options.banner ? std::string{kBanner} : std::string{};
        } else if (options.greet) {
            send_text(kBanner);
        }
    }
    ~Exchange() { close(socket_); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void ask(const Request& request) {
        request_ = request;
        knows_request_ = true;
    }
    /// Goes on as far as it can without waiting; true when all is done. Throws Failure.
    bool go_on() {
        while (true) {
            const bool sent = send_some();
            const bool received = receive_some();
            if (is_client_ && ended_ && got_ == request_.download && !verdict_missing()) {
                return true;
            }
            if (!is_client_ && ended_ && finished_) {
                return true;
            }
            if (!sent && !received) {
                return false;
            }
        }
    }
    /// What to wait for before going on.
    [[nodiscard]] std::uint32_t awaits() const {
        return (blocked_ ? unsigned{EPOLLOUT} : 0U) | (ended_ ? 0U : unsigned{EPOLLIN});
    }
    [[nodiscard]] std::optional<Clock::time_point> first_byte() const { return first_byte_; }

  private:
    [[nodiscard]] bool verdict_missing() const { return verdict_length_ != sizeof(kAllRight); }
    [[nodiscard]] std::uint64_t outgoing() const {
        return is_client_ ? request_.upload : request_.download;
    }
    [[nodiscard]] std::uint64_t incoming() const {
        return is_client_ ? request_.download : request_.upload;
    }
    void send_text(std::string_view text) { head_.append(text); }

    bool send_some() {
        blocked_ = false;
        if (is_client_ && knows_request_ && !asked_ && to_come_.empty()) {
            asked_ = true;
            std::array<char, sizeof request_> bytes;
            std::memcpy(bytes.data(), &request_, sizeof request_);
            send_text({bytes.data(), bytes.size()});
        }
        if (!head_.empty()) {
            const std::size_t sent = send_bytes(head_);
            head_.erase(0, sent);
            return sent != 0;
        }
        if (knows_request_ && (!is_client_ || asked_) && put_ < outgoing()) {
            std::array<char, kPiece> piece;
            const std::span part{piece.data(), std::min<std::uint64_t>(kPiece, outgoing() - put_)};
            fill(stream_seed(is_client_), put_, part);
            const std::size_t sent = send_bytes({part.data(), part.size()});
            put_ += sent;
            return sent != 0;
        }
        if (!is_client_ && knows_request_ && got_ == incoming() && !verdict_sent_) {
            verdict_sent_ = true;
            std::array<char, sizeof kAllRight> bytes;
            std::memcpy(bytes.data(), &kAllRight, sizeof kAllRight);
            send_text({bytes.data(), bytes.size()});
            return true;
        }
        if (knows_request_ && !finished_ && (is_client_ ? asked_ : verdict_sent_)) {
            finished_ = true;
            shutdown(socket_, SHUT_WR);
        }
        return false;
    }
    std::size_t send_bytes(std::string_view bytes) {
        const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            return static_cast<std::size_t>(sent);
        }
        if (errno != EAGAIN) {
            throw Failure{std::strerror(errno)};
        }
        blocked_ = true;
        return 0;
    }

    bool receive_some() {
        std::array<char, kPiece> buffer;
        const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
        if (size < 0) {
            if (errno != EAGAIN) {
                throw Failure{std::strerror(errno)};
            }
            return false;
        }
        if (size == 0) {
            if (!knows_request_ || got_ != incoming() || (is_client_ && verdict_missing())) {
                throw Failure{"closed early"};
            }
            const bool news = !ended_;
            ended_ = true;
            return news;
        }
        if (!first_byte_) {
            first_byte_ = Clock::now();
        }
        take({buffer.data(), static_cast<std::size_t>(size)});
        return true;
    }
    void take(std::string_view bytes) {
        if (is_client_) {
            const std::size_t banner = std::min(bytes.size(), to_come_.size());
            if (!to_come_.starts_with(bytes.substr(0, banner))) {
                throw Failure{"another banner"};
            }
            to_come_.erase(0, banner);
            bytes.remove_prefix(banner);
        } else if (!knows_request_) {
            const std::size_t length = std::min(bytes.size(), sizeof request_ - asking_.size());
            asking_.append(bytes.substr(0, length));
            bytes.remove_prefix(length);
            if (asking_.size() == sizeof request_) {
                std::memcpy(&request_, asking_.data(), sizeof request_);
                knows_request_ = true;
            }
        }
        const std::uint64_t length = std::min<std::uint64_t>(bytes.size(), incoming() - got_);
        std::array<char, kPiece> expected;
        const std::span part{expected.data(), length};
        fill(stream_seed(!is_client_), got_, part);
        if (std::memcmp(part.data(), bytes.data(), length) != 0) {
            throw Failure{"corrupt"};
        }
        got_ += length;
        bytes.remove_prefix(length);
        take_verdict(bytes);
    }
    void take_verdict(std::string_view bytes) {
        std::array<char, sizeof kAllRight> expected;
        std::memcpy(expected.data(), &kAllRight, sizeof kAllRight);
        for (const char byte : bytes) {
            if (!is_client_ || !verdict_missing() || byte != expected[verdict_length_]) {
                throw Failure{"more than was asked for"};
            }
            ++verdict_length_;
        }
    }
    [[nodiscard]] std::uint64_t stream_seed(bool of_client) const {
        return flood::mix(request_.seed * 2 + (of_client ? 1 : 0));
    }

    int socket_;
    bool is_client_;
    Request request_{};
    bool knows_request_ = false;
    bool asked_ = false;
    bool finished_ = false;
    bool ended_ = false;
    bool blocked_ = false;
    bool verdict_sent_ = false;
    std::size_t verdict_length_ = 0;
    std::uint64_t put_ = 0;
    std::uint64_t got_ = 0;
    std::string head_;     ///< to be sent before anything else
    std::string asking_;   ///< the request as far as it has come
    std::string to_come_;  ///< the banner as far as it has not
    std::optional<Clock::time_point> first_byte_;
};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    sockaddr* get() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }
};

SocketAddress socket_address(const Options& options) {
    SocketAddress address;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(options.port);
        std::memcpy(&address.storage, &v4, address.length = sizeof v4);
    } else if (inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(options.port);
        std::memcpy(&address.storage, &v6, address.length = sizeof v6);
    } else {
        throw std::runtime_error{"not an address: " + options.address};
    }
    return address;
}

int new_socket(const SocketAddress& address) {
    const int made =
        socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0) {
        throw std::system_error(errno, std::generic_category(), "socket");
    }
    return made;
}

/// The exchanges under way, by socket.
class Poll {
  public:
    Poll() : descriptor_{epoll_create1(EPOLL_CLOEXEC)} {}
    void watch(int socket, std::uint32_t events, bool is_new = false) const {
        epoll_event event{};
        event.events = events;
        event.data.fd = socket;
        epoll_ctl(descriptor_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    }
    template <typename Ready>
    void wait(int milliseconds, Ready ready) const {
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(descriptor_, events.data(), events.size(), milliseconds);
        for (int i = 0; i < count; ++i) {
            ready(events[static_cast<std::size_t>(i)].data.fd);
        }
    }

  private:
    int descriptor_;
};

void serve(const Options& options) {
    SocketAddress address = socket_address(options);
    const int listener = new_socket(address);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, address.get(), address.length) != 0 || listen(listener, 4096) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
    const Poll poll;
    poll.watch(listener, EPOLLIN, true);
    std::map<int, Exchange> exchanges;
    const auto go_on = [&](int socket, Exchange& exchange) {
        try {
            if (!exchange.go_on()) {
                return poll.watch(socket, exchange.awaits());
            }
        } catch (const Failure&) {  // the client sees it
        }
        exchanges.erase(socket);
    };
    while (true) {
        poll.wait(-1, [&](int ready) {
            if (ready != listener) {
                return go_on(ready, exchanges.at(ready));
            }
            const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket >= 0) {
                poll.watch(socket, EPOLLIN, true);
                go_on(socket, exchanges.try_emplace(socket, socket, false, options).first->second);
            }
        });
    }
}

/// Runs all connections, some at a time.
class Client {
  public:
    explicit Client(const Options& options)
        : options_{options}, address_{socket_address(options)} {}

    nlohmann::ordered_json run() {
        const auto started = Clock::now();
        while (begun_ < options_.count || !tries_.empty()) {
            while (begun_ < options_.count && tries_.size() < options_.parallel) {
                begin();
            }
            poll_.wait(10, [&](int socket) { go_on(socket); });
            give_up_late();
        }
        std::sort(first_byte_ms_.begin(), first_byte_ms_.end());
        std::sort(whole_ms_.begin(), whole_ms_.end());
        return {{"tried", begun_},
                {"succeeded", whole_ms_.size()},
                {"seconds", std::chrono::duration<double>(Clock::now() - started).count()},
                {"first_byte_ms", percentiles(first_byte_ms_)},
                {"whole_ms", percentiles(whole_ms_)},
                {"failures", failures_}};
    }

  private:
    struct Try {
        Clock::time_point started;
        Exchange exchange;
        Try(int socket, const Options& options)
            : started{Clock::now()}, exchange{socket, true, options} {}
    };

    void begin() {
        const std::uint64_t number = begun_++;
        const int socket = new_socket(address_);
        Try& attempt = tries_.try_emplace(socket, socket, options_).first->second;
        attempt.exchange.ask({number, options_.download, options_.upload});
        if (connect(socket, address_.get(), address_.length) != 0 && errno != EINPROGRESS) {
            return fail(socket, std::strerror(errno));
        }
        poll_.watch(socket, EPOLLIN | EPOLLOUT, true);
    }
    void go_on(int socket) {
        const auto place = tries_.find(socket);
        if (place == tries_.end()) {
            return;
        }
        Exchange& exchange = place->second.exchange;
        try {
            if (!exchange.go_on()) {
                return poll_.watch(socket, exchange.awaits());
            }
        } catch (const Failure& failure) {
            return fail(socket, failure.what());
        }
        const auto since = [&, started = place->second.started](Clock::time_point time) {
            return std::chrono::duration<double, std::milli>(time - started).count();
        };
        first_byte_ms_.push_back(since(*exchange.first_byte()));
        whole_ms_.push_back(since(Clock::now()));
        tries_.erase(place);
    }
    void give_up_late() {
        const auto latest =
            Clock::now() - std::chrono::duration<double, std::milli>(options_.timeout_ms);
        std::vector<int> late;
        for (const auto& [socket, attempt] : tries_) {
            if (attempt.started < latest) {
                late.push_back(socket);
            }
        }
        for (const int socket : late) {
            fail(socket, tries_.at(socket).exchange.first_byte() ? "timed out, answered"
                                                                 : "timed out, unanswered");
        }
    }
    void fail(int socket, const std::string& why) {
        failures_[why]++;
        tries_.erase(socket);
    }
    static nlohmann::ordered_json percentiles(const std::vector<double>& sorted) {
        if (sorted.empty()) {
            return nullptr;
        }
        return {{"p50", sorted[sorted.size() / 2]},
                {"p99", sorted[sorted.size() * 99 / 100]},
                {"max", sorted.back()}};
    }

    Options options_;
    SocketAddress address_;
    Poll poll_;
    std::map<int, Try> tries_;
    std::uint64_t begun_ = 0;
    std::vector<double> first_byte_ms_;
    std::vector<double> whole_ms_;
    std::map<std::string, std::uint64_t> failures_;
};

}  // namespace
}  // namespace synward::lab

int main(int argc, char** argv) {
    using namespace synward::lab;
    Options options;
    CLI::App app{"Exchanges checked streams over many connections"};
    app.require_subcommand(1);
    CLI::App* const server = app.add_subcommand("serve", "answer");
    CLI::App* const client = app.add_subcommand("run", "ask");
    for (CLI::App* const one : {server, client}) {
        one->add_option("address", options.address)->required();
        one->add_option("port", options.port)->required();
    }
    server->add_flag("--greet", options.greet, "send a banner first");
    client->add_flag("--banner", options.banner, "wait for the server's banner");
    client->add_option("--download", options.download, "bytes on each connection");
    client->add_option("--upload", options.upload, "bytes on each connection");
    client->add_option("--count", options.count, "connections in all");
    client->add_option("--parallel", options.parallel, "connections open at one time");
    client->add_option("--timeout-ms", options.timeout_ms,
                       "a connection has failed after that long");
    CLI11_PARSE(app, argc, argv);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    try {
        if (server->parsed()) {
            serve(options);
        }
        std::cout << Client{options}.run().dump() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "transfer: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
