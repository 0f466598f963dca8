// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/dialogue.h"
#include "support/ring_box.h"

namespace synward::test {

/// A Dialogue with a box on rings between its ends, so that a test can say what happens and look at
/// the frames.
class Conversation : public Dialogue {
  public:
    explicit Conversation(RingBox& box) : Conversation{box, Style{}} {}
    Conversation(RingBox& box, const Style& style) : Dialogue{style}, box_{box} {}

    // Each puts one frame in and runs the box; what leaves is for the caller to take.
    void client_sends(const Bytes& frame);
    void server_sends(const Bytes& frame);

    /// The client's SYN, and the cookie of its answer remembered. Returns the answer.
    FrameReader challenge();
    /// Checks a SYN-ACK that the client has got and remembers its numbers.
    void accept(const FrameReader& syn_ack);
    /// The third segment, with `payload` octets of data.
    void redeem(std::size_t payload = 0);
    /// The server's SYN-ACK.
    void answer();
    /// All of it through a challenge; nothing is left to take.
    void establish();
    /// All of it for a SYN that passes; nothing is left to take.
    void establish_untouched();
    /// Data crosses in both directions and arrives with each receiver's own numbers.
    void expect_data_crosses();
    /// Four segments, the client first.
    void close();

  private:
    void put_in(wire::Side side, const Bytes& frame);
    void discard();

    RingBox& box_;
};

/// For suites whose cases differ in what the connection is like.
struct StyleCase {
    const char* name;
    Conversation::Style style;
};
inline void PrintTo(const StyleCase& style_case, std::ostream* out) {
    *out << style_case.name;
}

}  // namespace synward::test
