// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

#include "defense/defender.h"
#include "defense/verdict.h"
#include "flow/flow.h"
#include "tcp/aes128.h"
#include "wire/parse.h"
#include "wire/segment.h"

namespace synward::worker {

/// The most packets that go through the stages together.
inline constexpr unsigned kBatchSize = 64;

/// The packets of one turn with what each stage has found out about them. Places are packets.
struct Batch {
    Batch() {
        for (unsigned place = 0; place < kBatchSize; ++place) {
            tuples[place] = &segments[place].tuple;
        }
        checksums.fill(defense::ChecksumState::kUnknown);
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    unsigned count = 0;
    /// Held segments that are delivered now: not received anew, counted as released.
    bool released = false;
    std::array<rte_mbuf*, kBatchSize> packets;
    std::array<const std::uint8_t*, kBatchSize> frames;  ///< of the packets' first buffers
    std::array<wire::Segment, kBatchSize> segments;
    std::array<const wire::FourTuple*, kBatchSize> tuples;  ///< of the segments, always
    std::array<wire::ParseResult, kBatchSize> parsed;
    std::array<defense::ChecksumState, kBatchSize> checksums;  ///< kUnknown or kAllRight; always
    std::array<tcp::Block, kBatchSize> hashes;
    std::array<flow::Flow*, kBatchSize> flows;
    std::array<defense::Verdict, kBatchSize> verdicts;

    /// Moves a parsed packet, with all that is known of it by then, to an earlier place.
    void move(unsigned from, unsigned to) {
        packets[to] = packets[from];
        frames[to] = frames[from];
        segments[to] = segments[from];
        parsed[to] = parsed[from];
        checksums[to] = checksums[from];
        hashes[to] = hashes[from];
    }

    /// Under which a packet is counted whose verdict is made.
    [[nodiscard]] wire::Reason reason_of(unsigned place) const {
        const wire::Reason reason = verdicts[place].reason;
        return released && wire::disposition(reason) == wire::Disposition::kForwarded
                   ? wire::Reason::kHeldReleased
                   : reason;
    }
};

/// The packet's first buffer, in which all headers must lie.
inline std::span<std::uint8_t> first_buffer(rte_mbuf& packet) {
    return {rte_pktmbuf_mtod(&packet, std::uint8_t*), packet.data_len};
}

}  // namespace synward::worker
