// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "control/command.h"
#include "control/descriptor.h"
#include "control/event_loop.h"

namespace synward::control {

/// One program that is connected to the control socket. Its requests, a line of JSON each, are
/// answered in their order, one at a time:
///
///     {"command": "flows", "arguments": {"port": 443}}
///
/// by lines {"row": {...}}, any number, and one {"result": {...}} or {"error": {"code",
/// "message"}}.
///
/// Bounded: nothing is read while an answer is under way, and no more of an answer is made than
/// kRoom while the client does not read it. Control thread.
class ControlClient : private Reply, public std::enable_shared_from_this<ControlClient> {
  public:
    static constexpr std::size_t kLongestRequest = std::size_t{64} << 10U;
    static constexpr std::size_t kRoom = std::size_t{256} << 10U;

    /// `closed` is called once, when the client is gone; it may drop this object. `socket` is
    /// non-blocking.
    ControlClient(EventLoop& loop, Descriptor socket, const Commands& commands,
                  std::function<void()> closed);

    /// Begins to wait for requests.
    void start() { wait(); }
    /// Octets of answers that it has not read.
    [[nodiscard]] std::size_t unread() const { return output_.size() - written_; }

  private:
    void row(std::string_view object) override;
    void finish(const nlohmann::ordered_json& result) override;
    void fail(std::string_view code, std::string_view message) override;
    [[nodiscard]] bool has_room() const override { return unread() < kRoom; }
    void resume() override;

    void on_ready();
    /// Reads, answers and writes as far as it goes without waiting.
    void pump();
    bool step();
    bool read();
    void write();
    void begin(std::string_view line);
    void go_on();
    void wait();
    void close();

    EventLoop& loop_;
    Descriptor socket_;
    const Commands& commands_;
    std::function<void()> closed_;
    EventLoop::Watch watch_;
    std::uint32_t watched_events_ = ~0U;
    std::string input_;
    std::string output_;
    std::size_t written_ = 0;  ///< of output_
    std::shared_ptr<Command> command_;
    bool is_finished_ = false;  ///< the command is
    bool is_at_end_ = false;    ///< nothing more will come to be read
    bool is_pumping_ = false;
};

}  // namespace synward::control
