// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

#include "wire/segment.h"

namespace synward::impair {

/// Finds the third segment of each client's handshake: the first ACK without SYN, FIN, RST and data
/// that follows a SYN. A retransmitted SYN belongs to the same handshake, one of another sequence
/// number begins a new one.
class ThirdSegments {
  public:
    /// To be shown every frame that clients send, in order; whether this one is such a segment.
    bool is_one(std::span<const std::uint8_t> frame);

  private:
    struct Hash {
        std::size_t operator()(const wire::FourTuple& tuple) const;
    };
    struct Handshake {
        wire::SequenceNumber client_isn;
        bool complete = false;
    };
    std::unordered_map<wire::FourTuple, Handshake, Hash> handshakes_;
};

}  // namespace synward::impair
