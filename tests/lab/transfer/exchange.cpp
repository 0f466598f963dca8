// SPDX-License-Identifier: BSD-3-Clause
#include "transfer/exchange.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "flood/random.h"
#include "transfer/stream.h"

namespace synward::lab {
namespace {

constexpr std::string_view kBanner = "220 hello\r\n";
constexpr std::size_t kPiece = 1 << 16;

}  // namespace

Exchange::Exchange(int socket, bool is_client, const Options& options)
    : socket_{socket}, is_client_{is_client} {
    if (is_client_) {
        to_come_ = options.banner ? std::string{kBanner} : std::string{};
    } else if (options.greet) {
        send_text(kBanner);
    }
}

Exchange::~Exchange() {
    close(socket_);
}

bool Exchange::go_on() {
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

std::uint32_t Exchange::awaits() const {
    return (blocked_ ? unsigned{EPOLLOUT} : 0U) | (ended_ ? 0U : unsigned{EPOLLIN});
}

bool Exchange::send_some() {
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
        fill_stream(stream_seed(is_client_), put_, part);
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

std::size_t Exchange::send_bytes(std::string_view bytes) {
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

bool Exchange::receive_some() {
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

void Exchange::take(std::string_view bytes) {
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
    fill_stream(stream_seed(!is_client_), got_, part);
    if (std::memcmp(part.data(), bytes.data(), length) != 0) {
        throw Failure{"corrupt"};
    }
    got_ += length;
    bytes.remove_prefix(length);
    take_verdict(bytes);
}

void Exchange::take_verdict(std::string_view bytes) {
    std::array<char, sizeof kAllRight> expected;
    std::memcpy(expected.data(), &kAllRight, sizeof kAllRight);
    for (const char byte : bytes) {
        if (!is_client_ || !verdict_missing() || byte != expected[verdict_length_]) {
            throw Failure{"more than was asked for"};
        }
        ++verdict_length_;
    }
}

std::uint64_t Exchange::stream_seed(bool of_client) const {
    return flood::mix(request_.seed * 2 + (of_client ? 1 : 0));
}

}  // namespace synward::lab
