// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/dialogue.h"

namespace synward::test {

/// What a capture has of one connection: both ends as they are without a box, unless told
/// otherwise.
class Captured {
  public:
    using Frames = std::vector<std::pair<std::chrono::microseconds, Bytes>>;

    explicit Captured(const Dialogue::Style& style = {}) : ends_{style} {}

    /// So much later than the frame before.
    Captured& after(std::chrono::microseconds pause) {
        pause_ = pause;
        return *this;
    }
    Captured& frame(Bytes bytes) {
        time_ += pause_;
        pause_ = std::chrono::microseconds{150};
        frames_.emplace_back(time_, std::move(bytes));
        return *this;
    }
    Captured& syn() { return frame(ends_.syn()); }
    Captured& syn_ack() {
        ends_.accept(ends_.style().server_isn, ends_.server_clock);
        ends_.answered();
        return frame(ends_.syn_ack());
    }
    Captured& client(unsigned flags, std::size_t payload = 0) {
        return frame(ends_.from_client(flags, payload));
    }
    Captured& server(unsigned flags, std::size_t payload = 0) {
        return frame(ends_.from_server(flags, payload));
    }
    Captured& handshake() { return syn().syn_ack().client(kAck); }
    /// A request and its answer, both acknowledged by what follows.
    Captured& exchange() { return client(kPsh | kAck, 80).server(kPsh | kAck, 1200).client(kAck); }

    [[nodiscard]] Dialogue& ends() { return ends_; }
    [[nodiscard]] const Frames& frames() const { return frames_; }

  private:
    Dialogue ends_;
    std::chrono::microseconds time_{0};
    std::chrono::microseconds pause_{0};
    Frames frames_;
};

}  // namespace synward::test
