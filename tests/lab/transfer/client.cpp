// SPDX-License-Identifier: BSD-3-Clause
#include "transfer/client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "percentiles_json.h"
#include "sockets.h"
#include "transfer/exchange.h"
#include "transfer/poll.h"

namespace synward::lab {
namespace {

/// Runs all connections, some at a time.
class Client {
  public:
    explicit Client(const Options& options)
        : options_{options}, address_{socket_address(options.address, options.port)} {}

    nlohmann::ordered_json run() {
        const auto started = Clock::now();
        while (begun_ < options_.count || !tries_.empty()) {
            while (begun_ < options_.count && tries_.size() < options_.parallel) {
                begin();
            }
            poll_.wait(10, [&](int socket) { go_on(socket); });
            give_up_late();
        }
        return {{"tried", begun_},
                {"succeeded", whole_ms_.size()},
                {"seconds", std::chrono::duration<double>(Clock::now() - started).count()},
                {"first_byte_ms", percentiles(first_byte_ms_, begun_)},
                {"whole_ms", percentiles(whole_ms_, begun_)},
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

nlohmann::ordered_json run_client(const Options& options) {
    return Client{options}.run();
}

}  // namespace synward::lab
