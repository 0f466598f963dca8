// SPDX-License-Identifier: BSD-3-Clause
//
// The stages through which the packets of a batch go together.
#include <rte_prefetch.h>

#include <algorithm>
#include <bit>
#include <new>

#include "wire/checksum.h"
#include "wire/places.h"
#include "worker/offloads.h"
#include "worker/worker.h"

namespace synward::worker {
namespace {

using wire::FrameKind;
using wire::Reason;

constexpr std::uint32_t kLine = RTE_CACHE_LINE_SIZE;

/// Packets that go through the steps of parse() together, and how many packets a step is behind the
/// first one.
constexpr unsigned kGroup = 16;
constexpr unsigned kReadBehind = kGroup;
constexpr unsigned kMatchBehind = 3 * kGroup;
constexpr unsigned kFinishBehind = 4 * kGroup;

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
    if (shared_.clock == Clock::Source::kPacket) [[unlikely]] {
        for (unsigned place = 0; place < batch.count; ++place) {
            clock_.see(*batch.packets[place]);
        }
    }
    batch.headers.clear();
    batch.lookup.clear();
    batch.found = 0;
    batch.parsed.fill({FrameKind::kTcp});
    batch.flow_changes = defender_.flow_changes();
    // Each step asks for the memory that the next one reads, and groups of packets go through them
    // one behind the other: the memory comes while others are worked on.
    const bool looks_up = !steers();
    for (unsigned begun = 0; begun < batch.count + kFinishBehind; begun += kGroup) {
        const auto step = [&](unsigned behind, auto&& work) {
            if (const unsigned first = begun - behind; begun >= behind && first < batch.count) {
                work(first, std::min(first + kGroup, batch.count));
            }
        };
        step(0, [&](unsigned first, unsigned end) { ask_for_frames(batch, first, end); });
        step(kReadBehind, [&](unsigned first, unsigned end) { read_frames(batch, first, end); });
        if (looks_up) {
            step(kMatchBehind, [&](unsigned first, unsigned end) {
                table_.match(batch.lookup, first, end - first);
            });
            step(kFinishBehind, [&](unsigned first, unsigned end) {
                read_flows(batch, wire::first_places(end - first) << first);
            });
        }
    }
    batch.right = batch.headers.right();
    if (devices_verify_checksums_) {
        hear_devices(batch);
    }
}

inline void Worker::ask_for_frames(Batch& batch, unsigned first, unsigned end) {
    for (unsigned place = first; place < end; ++place) {
        const rte_mbuf& packet = *batch.packets[place];
        std::uint8_t* bytes = rte_pktmbuf_mtod(&packet, std::uint8_t*);
        std::uint32_t length = packet.data_len;
        rte_prefetch0(bytes);
        // Where options of a SYN may lie; of data, the second line may never be needed.
        rte_prefetch0(bytes + (length - kLine < wire::UsualHeaders::kReach - kLine ? kLine : 0));
        if (packet.data_off + wire::UsualHeaders::kReach > packet.buf_len) [[unlikely]] {
            bytes = wire::UsualHeaders::nowhere();
            length = 0;
        }
        batch.frames[place] = {.bytes = bytes,
                               .length = length,
                               .from = static_cast<std::uint32_t>(side_of_port_[packet.port])};
    }
}

inline void Worker::read_frames(Batch& batch, unsigned first, unsigned end) {
    batch.headers.read(batch.frames, first, end, batch.segments.data());
    const std::uint64_t others = ~batch.headers.usual() >> first & wire::first_places(end - first);
    wire::for_each_place(others << first, [&](unsigned place) {
        rte_mbuf& packet = *batch.packets[place];
        batch.parsed[place] = wire::parse(first_buffer(packet), packet.pkt_len,
                                          side_of_port_[packet.port], batch.segments[place]);
    });
    const std::span hashes{batch.hashes.data() + first, end - first};
    shared_.hasher(batch.headers, first, {batch.tuples.data() + first, end - first},
                   {hashes.data(), hashes.size() + wire::kLanes});
    table_.begin(batch.lookup, first, hashes);
}

void Worker::read_flows(Batch& batch, std::uint64_t places) {
    batch.found |= table_.finish(batch.lookup, places, batch.tuples, batch.hashes, batch.flows);
}

void Worker::hear_devices(Batch& batch) const {
    for (unsigned place = 0; place < batch.count; ++place) {
        const rte_mbuf& packet = *batch.packets[place];
        const bool are_right =
            verifies_checksums_[packet.port] &&
            checksums_by_device(packet, batch.segments[place]) == defense::ChecksumState::kAllRight;
        batch.right |= std::uint64_t{are_right} << place;
    }
}

void Worker::steer(Batch& batch) {
    if (!steers()) {
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
    if (steers()) {
        table_.match(batch.lookup, 0, batch.count);
        read_flows(batch, wire::first_places(batch.count));
    }
}

inline void Worker::decide_one(Batch& batch, unsigned place, flow::Flow* flow) {
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
                             .flow = flow,
                             .port = packet.port};
    if (kind == FrameKind::kIcmpError) [[unlikely]] {
        batch.verdicts[place] = defender_.decide_icmp_error(arrival);
        return;
    }
    arrival.checksum = batch.checksum(place);
    if (segment.frame_length() > packet.data_len &&
        arrival.checksum == defense::ChecksumState::kUnknown) [[unlikely]] {
        arrival.checksum = checksum_of_chain(packet, segment);
    }
    // Made where it is to lie: an assignment would copy it.
    new (&batch.verdicts[place]) defense::Verdict(defender_.decide(arrival));
}

unsigned Worker::find_again(Batch& batch, unsigned first, unsigned end) {
    unsigned place = first;
    flow::Flow* flow = nullptr;
    do {
        flow = table_.find(batch.segments[place].tuple, batch.hashes[place]);
        batch.set_flow(place, flow);
    } while (flow == nullptr && ++place < end);
    return std::min(place, end);
}

inline bool Worker::decide_at_one_look(Batch& batch, unsigned place, flow::Flow* flow,
                                       std::uint64_t plain, std::uint64_t strays) {
    const wire::Segment& segment = batch.segments[place];
    defense::Verdict& verdict = batch.verdicts[place];
    if (flow != nullptr) {
        if (!wire::has_place(plain, place) || !defender_.plain().pass(*flow, segment, verdict)) {
            return false;
        }
        if (verdict.action == defense::Action::kSplice) {
            rte_prefetch0(batch.frames[place].bytes + kLine);  // where its options go on
        }
        return true;
    }
    const bool is_dropped =
        wire::has_place(strays, place) &&
        defender_.floods().drop_ack(batch.headers, place, segment.payload_length != 0, verdict);
    batch.dropped |= std::uint64_t{is_dropped} << place;
    return is_dropped;
}

void Worker::decide(Batch& batch) {
    const wire::UsualHeaders& headers = batch.headers;
    defense::FloodDecider& floods = defender_.floods();
    const std::uint64_t alone = ~batch.found & wire::first_places(batch.count);
    const std::uint64_t flood = floods.may_answer(headers) & alone;
    const std::uint64_t strays = floods.may_drop(headers, batch.hashes.data(), alone);
    const std::uint64_t plain = defender_.plain().is_open() ? headers.usual() : 0;
    batch.answers.clear();
    batch.dropped = 0;
    // How many packets are looked at to see how far a flood goes on. What is decided one by one may
    // make a flow of the next one's, so that a look ahead is worth nothing where that happens.
    unsigned reach = kBatchSize;
    for (unsigned place = 0; place < batch.count; ++place) {
        unsigned end =
            place + std::min(reach, static_cast<unsigned>(std::countr_one(flood >> place)));
        if (are_flows_others(batch)) [[unlikely]] {
            end = find_again(batch, place, end);
        }
        if (end != place) {
            place += floods.answer_syns({.headers = headers,
                                         .hashes = batch.hashes.data(),
                                         .verdicts = batch.verdicts.data(),
                                         .answers = batch.answers,
                                         .first = place,
                                         .count = end - place});
            if (place == end) {
                reach = std::min(2 * reach, kBatchSize);
                --place;
                continue;
            }
            reach = 1;
        }
        flow::Flow* const flow = batch.flow(place);
        if (!decide_at_one_look(batch, place, flow, plain, strays)) {
            decide_one(batch, place, flow);
        }
    }
}

void Worker::rewrite(Batch& batch) {
    if (capture_seat_.capture != nullptr) [[unlikely]] {
        capture_seat_.capture->set_time(now_);
        capture_seat_.capture->take_arrivals(batch);
    }
    for (unsigned place = 0; place < batch.count;) {
        const auto answers = static_cast<unsigned>(std::countr_one(batch.answers.made >> place));
        if (answers != 0) {
            rewriter_.answer_usual_syns(batch, place, answers);
            place += answers;
            continue;
        }
        const auto dropped = static_cast<unsigned>(std::countr_one(batch.dropped >> place));
        if (dropped != 0) {
            for (const unsigned end = place + dropped; place < end; ++place) {
                transmitter_.drop(batch.packets[place], batch.verdicts[place].reason);
            }
            continue;
        }
        defense::Verdict& verdict = batch.verdicts[place];
        if (batch.released) [[unlikely]] {
            verdict.reason = batch.reason_of(place);
        }
        rewriter_.carry_out(verdict, batch.packets[place], batch.segments[place]);
        ++place;
    }
}

}  // namespace synward::worker
