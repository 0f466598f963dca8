// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "transfer/options.h"

namespace synward::lab {

using Clock = std::chrono::steady_clock;

/// What the client asks for, in front of its own stream. Both ends are one machine.
struct Request {
    std::uint64_t seed;
    std::uint64_t download;
    std::uint64_t upload;
};
inline constexpr std::uint64_t kAllRight = 0x6f6b6f6b6f6b6f6bULL;  ///< the server's last word

/// An exchange that went wrong; what() says how.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One stream out and one in over a nonblocking socket, framed by what goes before and behind.
class Exchange {
  public:
    /// Takes the socket over.
    Exchange(int socket, bool is_client, const Options& options);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void ask(const Request& request) {
        request_ = request;
        knows_request_ = true;
    }
    /// Goes on as far as it can without waiting; true when all is done. Throws Failure.
    bool go_on();
    /// What to wait for before going on.
    [[nodiscard]] std::uint32_t awaits() const;
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

    bool send_some();
    std::size_t send_bytes(std::string_view bytes);

    bool receive_some();
    void take(std::string_view bytes);
    void take_verdict(std::string_view bytes);
    [[nodiscard]] std::uint64_t stream_seed(bool of_client) const;

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

}  // namespace synward::lab
