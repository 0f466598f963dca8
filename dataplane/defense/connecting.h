// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "flow/flow.h"
#include "tcp/cookie.h"
#include "tcp/time.h"
#include "wire/frame_writer.h"
#include "wire/reason.h"
#include "wire/segment.h"
#include "wire/tcp_options.h"

namespace synward::defense {

/// A connection whose client has redeemed a cookie and whose server has not answered yet.
struct Connecting {
    wire::FourTuple tuple;
    // The SYN to the server, on the client's behalf:
    wire::SequenceNumber client_isn;
    wire::HandshakeOptions options;
    bool ecn = false;
    std::uint16_t syn_window = 0;     ///< never scaled
    std::uint16_t client_window = 0;  ///< the latest that the client told, as in its header
    // What was promised to the client:
    wire::SequenceNumber promised_sequence;
    // Trying:
    tcp::Time began;
    tcp::Time next_attempt;
    tcp::Duration interval{};
    std::uint8_t attempts = 0;
    bool in_use = false;
    std::uint8_t held = 0;  ///< segments that the worker keeps for it
    /// Once released: why what is still held is dropped.
    wire::Reason release_reason = wire::Reason::kServerUnreachable;
    /// The SYN as last sent, for the next attempt; written by the worker. Described by `syn`.
    std::array<std::uint8_t, wire::kMaximumBareFrame> frame{};
    std::uint16_t frame_length = 0;
    wire::Segment syn;
};

/// The bounded set of connections that wait for their server, by number. One thread.
///
/// A number that was released is given out again only after recycle(), so that verdicts of one
/// batch may still name it.
class ConnectingPool {
  public:
    /// Room for `connections`, which together hold at most `segments`.
    ConnectingPool(std::uint32_t connections, std::uint32_t segments,
                   std::uint8_t segments_per_connection);

    /// How many one connection may hold from now on; those that hold more keep them.
    void change_segments_per_connection(std::uint8_t segments) {
        segments_per_connection_ = segments;
    }

    /// A fresh one, or nothing when all are taken.
    std::optional<std::uint32_t> take();
    /// What the worker still holds for it then is dropped under `reason`.
    void release(std::uint32_t number, wire::Reason reason);
    /// What was released since the last recycle().
    [[nodiscard]] std::span<const std::uint32_t> released() const { return released_; }
    /// Between batches: what was released may be given out again.
    void recycle();

    [[nodiscard]] Connecting& at(std::uint32_t number) { return all_[number]; }
    /// Whether one more segment may be held for `number`; counts it if so.
    bool hold(std::uint32_t number);

    [[nodiscard]] std::uint32_t capacity() const { return static_cast<std::uint32_t>(all_.size()); }
    [[nodiscard]] std::uint32_t in_use() const { return in_use_; }
    [[nodiscard]] std::uint8_t segments_per_connection() const { return segments_per_connection_; }
    /// Room for the segments of one more client.
    [[nodiscard]] bool has_room() const {
        return !free_.empty() && segments_held_ + segments_per_connection_ <= segments_;
    }

  private:
    std::vector<Connecting> all_;
    std::vector<std::uint32_t> free_;      // never grows beyond what is reserved
    std::vector<std::uint32_t> released_;  // the same
    std::uint32_t segments_;
    std::uint32_t segments_held_ = 0;
    std::uint32_t in_use_ = 0;
    std::uint8_t segments_per_connection_;
};

}  // namespace synward::defense
