// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

#include "defense/defender.h"
#include "defense/verdict.h"
#include "flow/batch_lookup.h"
#include "tcp/aes128.h"
#include "wire/parse.h"
#include "wire/segment.h"
#include "wire/usual_headers.h"

namespace synward::worker {

/// The most packets that go through the stages together.
inline constexpr unsigned kBatchSize = 64;

/// The packets of one turn with what each stage has found out about them. Places are packets.
struct Batch {
    Batch() {
        for (unsigned place = 0; place < kBatchSize; ++place) {
            tuples[place] = &segments[place].tuple;
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    unsigned count = 0;
    /// Held segments that are delivered now: not received anew, counted as released.
    bool released = false;
    std::array<rte_mbuf*, kBatchSize> packets;
    wire::UsualHeaders::Frames frames;  ///< in the packets' first buffers
    wire::UsualHeaders headers;
    std::array<wire::Segment, kBatchSize> segments;
    std::array<const wire::FourTuple*, kBatchSize> tuples;  ///< of the segments, always
    std::array<wire::ParseResult, kBatchSize> parsed;
    std::uint64_t right = 0;  ///< by bits: whose checksums are known to be right, all of them
    std::array<tcp::Block, kBatchSize + wire::kLanes> hashes;
    flow::BatchLookup lookup;
    std::array<flow::Flow*, kBatchSize> flows;
    std::uint64_t found = 0;         ///< by bits: who has a flow
    std::uint64_t flow_changes = 0;  ///< Defender's, before the first was looked up
    std::array<defense::Verdict, kBatchSize> verdicts;
    std::uint64_t dropped = 0;      ///< by bits: whose verdicts are known to say nothing else
    defense::FloodAnswers answers;  ///< who is there has no verdict

    /// Moves a parsed packet, with all that is known of it by then, to an earlier place.
    void move(unsigned from, unsigned to) {
        packets[to] = packets[from];
        frames[to] = frames[from];
        headers.move(from, to);
        segments[to] = segments[from];
        parsed[to] = parsed[from];
        wire::move_place(right, from, to);
        hashes[to] = hashes[from];
        lookup.move(from, to);
    }

    /// Or nullptr.
    [[nodiscard]] flow::Flow* flow(unsigned place) const {
        return wire::has_place(found, place) ? flows[place] : nullptr;
    }
    void set_flow(unsigned place, flow::Flow* flow) {
        flows[place] = flow;
        wire::set_place(found, place, flow != nullptr);
    }

    [[nodiscard]] defense::ChecksumState checksum(unsigned place) const {
        return wire::has_place(right, place) ? defense::ChecksumState::kAllRight
                                             : defense::ChecksumState::kUnknown;
    }

    /// Under which a packet is counted that is decided.
    [[nodiscard]] wire::Reason reason_of(unsigned place) const {
        if (wire::has_place(answers.made, place)) {
            return wire::Reason::kSynChallenged;
        }
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
