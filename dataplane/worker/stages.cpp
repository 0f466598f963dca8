// SPDX-License-Identifier: BSD-3-Clause
//
// The stages through which the packets of a batch go together.
#include <rte_prefetch.h>

#include <algorithm>
#include <new>

#include "wire/checksum.h"
#include "wire/parse_usual.h"
#include "worker/offloads.h"
#include "worker/worker.h"

namespace synward::worker {
namespace {

using wire::FrameKind;
using wire::Reason;

// How far ahead of the parser a packet's first line is asked for.
constexpr unsigned kPrefetchDistance = 4;

/// The checksum of a packet of several buffers, whose data does not lie together.
defense::ChecksumState checksum_of_chain(const rte_mbuf& packet, const wire::Segment& segment) {
    wire::ChecksumSum sum =
        wire::tcp_pseudo_header_sum(segment, segment.frame_length() - unsigned{segment.tcp_offset});
    std::uint32_t skip = segment.tcp_offset;
    std::uint32_t left = segment.frame_length() - unsigned{segment.tcp_offset};
    bool odd = false;
    for (const rte_mbuf* part = &packet; part != nullptr && left != 0; part = part->next) {
        if (skip >= part->data_len) {
            skip -= part->data_len;
            continue;
        }
        const std::uint32_t length = std::min<std::uint32_t>(part->data_len - skip, left);
        const std::span<const std::uint8_t> bytes{
            rte_pktmbuf_mtod(part, const std::uint8_t*) + skip, length};
        odd ? sum.add_at_odd_offset(bytes) : sum.add(bytes);
        odd ^= (length % 2) != 0;
        left -= length;
        skip = 0;
    }
    return sum.is_consistent() ? defense::ChecksumState::kRight : defense::ChecksumState::kWrong;
}

}  // namespace

void Worker::parse(Batch& batch) {
    for (unsigned place = 0; place < std::min(kPrefetchDistance, batch.count); ++place) {
        rte_prefetch0(rte_pktmbuf_mtod(batch.packets[place], const void*));
    }
    if (shared_.clock == Clock::Source::kPacket) [[unlikely]] {
        for (unsigned place = 0; place < batch.count; ++place) {
            clock_.see(*batch.packets[place]);
        }
    }
    for (unsigned place = 0; place < batch.count; ++place) {
        if (place + kPrefetchDistance < batch.count) {
            rte_prefetch0(rte_pktmbuf_mtod(batch.packets[place + kPrefetchDistance], const void*));
        }
        rte_mbuf& packet = *batch.packets[place];
        wire::Segment& segment = batch.segments[place];
        const wire::Side from = side_of_port_[packet.port];
        batch.frames[place] = rte_pktmbuf_mtod(&packet, const std::uint8_t*);
        batch.parsed[place] =
            wire::parse_usual(first_buffer(packet), packet.pkt_len, from, segment)
                ? wire::ParseResult{FrameKind::kTcp}
                : wire::parse(first_buffer(packet), packet.pkt_len, from, segment);
    }
    if (devices_verify_checksums_) {
        hear_devices(batch);
    }
    shared_.hasher(std::span{batch.tuples.data(), batch.count}, batch.hashes);
}

void Worker::hear_devices(Batch& batch) const {
    for (unsigned place = 0; place < batch.count; ++place) {
        const rte_mbuf& packet = *batch.packets[place];
        batch.checksums[place] = verifies_checksums_[packet.port]
                                     ? checksums_by_device(packet, batch.segments[place])
                                     : defense::ChecksumState::kUnknown;
    }
}

void Worker::steer(Batch& batch) {
    if (!shared_.steers_by_software || shared_.workers == 1) {
        return;
    }
    unsigned kept = 0;
    for (unsigned place = 0; place < batch.count; ++place) {
        const std::uint16_t owner = tcp::owner_of(batch.hashes[place], shared_.workers);
        if (wire::concerns_a_connection(batch.parsed[place].kind) && owner != index_) {
            if (shared_.hand_over.give_to_decide(index_, owner, batch.packets[place])) {
                counters_.handed_over.add(1);
            } else {
                transmitter_.drop(batch.packets[place], Reason::kHandOverFull);
            }
            continue;
        }
        if (kept != place) {
            batch.move(place, kept);
        }
        ++kept;
    }
    batch.count = kept;
}

void Worker::look_up(Batch& batch) {
    table_.find_batch({batch.tuples.data(), batch.count}, {batch.hashes.data(), batch.count},
                      {batch.flows.data(), batch.count});
}

bool Worker::may_be_of_flood(const Batch& batch, unsigned place) const {
    const wire::Segment& segment = batch.segments[place];
    return batch.parsed[place].kind == FrameKind::kTcp && batch.flows[place] == nullptr &&
           defender_.may_be_of_flood(segment) &&
           segment.frame_length() <= batch.packets[place]->data_len;
}

unsigned Worker::answer_flood(Batch& batch, unsigned first, unsigned end) {
    return first +
           static_cast<unsigned>(defender_.answer_flood_syns({.segments = &batch.segments[first],
                                                              .frames = &batch.frames[first],
                                                              .checksums = &batch.checksums[first],
                                                              .hashes = &batch.hashes[first],
                                                              .verdicts = &batch.verdicts[first],
                                                              .count = end - first}));
}

inline void Worker::decide_one(Batch& batch, unsigned place) {
    const wire::Segment& segment = batch.segments[place];
    const FrameKind kind = batch.parsed[place].kind;
    if (!wire::concerns_a_connection(kind)) {
        batch.verdicts[place] = defender_.decide_unreadable(batch.parsed[place], segment);
        return;
    }
    rte_mbuf& packet = *batch.packets[place];
    defense::Arrival arrival{.segment = segment,
                             .frame = first_buffer(packet),
                             .hash = batch.hashes[place],
                             .flow = batch.flows[place],
                             .port = packet.port};
    if (kind == FrameKind::kIcmpError) [[unlikely]] {
        batch.verdicts[place] = defender_.decide_icmp_error(arrival);
        return;
    }
    arrival.checksum = batch.checksums[place];
    if (segment.frame_length() > packet.data_len &&
        arrival.checksum == defense::ChecksumState::kUnknown) [[unlikely]] {
        arrival.checksum = checksum_of_chain(packet, segment);
    }
    // Made where it is to lie: an assignment would copy it.
    new (&batch.verdicts[place]) defense::Verdict(defender_.decide(arrival));
}

void Worker::decide(Batch& batch) {
    const std::uint64_t changes_at_look_up = defender_.flow_changes();
    const auto find_again = [&](unsigned place) {
        if (defender_.flow_changes() != changes_at_look_up) [[unlikely]] {
            batch.flows[place] = table_.find(batch.segments[place].tuple, batch.hashes[place]);
        }
    };
    // How many packets are looked at to see how far a flood goes on. What is decided one by one may
    // make a flow of the next one's, so that a look ahead is worth nothing where that happens.
    unsigned reach = kBatchSize;
    for (unsigned place = 0; place < batch.count; ++place) {
        find_again(place);
        if (may_be_of_flood(batch, place)) {
            unsigned end = place + 1;
            const unsigned farthest = std::min(batch.count, place + reach);
            for (; end < farthest; ++end) {
                find_again(end);
                if (!may_be_of_flood(batch, end)) {
                    break;
                }
            }
            place = answer_flood(batch, place, end);
            if (place == end) {
                reach = std::min(2 * reach, kBatchSize);
                --place;
                continue;
            }
            reach = 1;
        }
        decide_one(batch, place);
    }
}

void Worker::rewrite(Batch& batch) {
    if (capture_seat_.capture != nullptr) [[unlikely]] {
        capture_seat_.capture->set_time(now_);
        capture_seat_.capture->take_arrivals(batch);
    }
    for (unsigned place = 0; place < batch.count;) {
        defense::Verdict& verdict = batch.verdicts[place];
        if (verdict.action == defense::Action::kAnswerSyn) {
            const unsigned end = rewriter_.answer_usual_syns(batch, place);
            if (end != place) [[likely]] {
                place = end;
                continue;
            }
        }
        if (batch.released) [[unlikely]] {
            verdict.reason = batch.reason_of(place);
        }
        rewriter_.carry_out(verdict, batch.packets[place], batch.segments[place]);
        ++place;
    }
}

}  // namespace synward::worker
