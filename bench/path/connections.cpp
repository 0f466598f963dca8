// SPDX-License-Identifier: BSD-3-Clause
#include "path/connections.h"

#include <algorithm>

#include "wire/headers.h"

namespace synward::bench {
namespace {

using wire::Side;

constexpr std::uint32_t kClientTime = 1'000'000;
constexpr std::uint32_t kServerTime = 5'000'000;
constexpr std::uint16_t kWindow = 502;

}  // namespace

void settle(Rig& rig, worker::Engine& engine) {
    for (unsigned worker = 0; worker < rig.workers(); ++worker) {
        rig.arrive(worker);
    }
    while (engine.turn() != 0) {
    }
}

Connections::Connections(Rig& rig, worker::Engine& engine, std::uint32_t count, unsigned services)
    : rig_{rig}, engine_{engine}, services_{services}, ends_(count) {
    for (std::uint32_t number = 0; number < count; ++number) {
        ends_[number] = {.client_next = number * 2'654'435'761U,
                         .server_next = number * 2'246'822'519U,
                         .seen_timestamp = kServerTime};
    }
}

void Connections::renew(std::uint32_t number) {
    Ends& ends = ends_[number];
    ends = {.client_next = ends.client_next + kGeneration,
            .server_next = ends.server_next + kGeneration,
            .seen_timestamp = kServerTime};
}

void Connections::inject(std::uint32_t number, Side from, unsigned flags, std::uint16_t payload,
                         bool handshake) {
    Ends& ends = ends_[number];
    const bool client = from == Side::kOutside;
    std::uint32_t& next = client ? ends.client_next : ends.server_next;
    const std::uint32_t peer = client ? ends.server_next + ends.shown_delta : ends.client_next;
    const std::uint32_t value = client ? kClientTime : kServerTime;
    const std::uint32_t echo = client ? ends.seen_timestamp : kClientTime;
    Draft draft{.tuple = tuple(number), .from = from, .payload = payload};
    // A server's SYN lies behind what its client acknowledges already, who had it from the box.
    const bool server_syn = !client && (flags & wire::kSyn) != 0;
    draft.fields = {.sequence = wire::SequenceNumber{next - (server_syn ? 1U : 0U)},
                    .acknowledgment = wire::SequenceNumber{(flags & wire::kAck) != 0 ? peer : 0},
                    .window = kWindow,
                    .flags = static_cast<std::uint8_t>(flags)};
    draft.options = linux_options(value, (flags & wire::kAck) != 0 ? echo : 0);
    if (!handshake) {
        draft.options = {.timestamps = draft.options.timestamps};
    }
    rig_.inject(from, number, [&](auto frame) { return write_frame(frame, draft); });
    if (!server_syn && !is_unseen_) {
        next += payload + ((flags & (wire::kSyn | wire::kFin)) != 0 ? 1U : 0U);
    }
}

void Connections::inject_syn(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kSyn, 0, true);
}
void Connections::inject_syn_ack(std::uint32_t number) {
    inject(number, Side::kInside, wire::kSyn | wire::kAck, 0, true);
}
void Connections::inject_client_ack(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kAck, 0, false);
}
void Connections::inject_client_reset(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kRst, 0, false);
}
void Connections::inject_client_fin(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kFin | wire::kAck, 0, false);
}
void Connections::inject_server_fin(std::uint32_t number) {
    inject(number, Side::kInside, wire::kFin | wire::kAck, 0, false);
}
void Connections::inject_client_data(std::uint32_t number, std::uint16_t payload) {
    inject(number, Side::kOutside, wire::kAck | wire::kPsh, payload, false);
}
void Connections::inject_server_data(std::uint32_t number, std::uint16_t payload) {
    inject(number, Side::kInside, wire::kAck | wire::kPsh, payload, false);
}

void Connections::take_cookies() {
    rig_.drain(Side::kOutside, [&](std::span<const std::uint8_t> frame) {
        const wire::Segment segment = read_frame(frame, Side::kOutside);
        const std::uint32_t number = number_of(segment.tuple);
        if (number >= ends_.size()) {
            return;  // to a stray, whom the box has not given up yet
        }
        Ends& ends = ends_[number];
        if (segment.acknowledgment.value() != ends.client_next) {
            return;  // once more, to a SYN of the connection before
        }
        ends.shown_delta = segment.end().value() - ends.server_next;
        ends.seen_timestamp = timestamp_value(frame, segment);
    });
}

void Connections::establish(std::uint32_t first, std::uint32_t count, bool challenged) {
    constexpr std::uint32_t kChunk = 1024;
    for (std::uint32_t from = first; from < first + count; from += kChunk) {
        const std::uint32_t end = std::min(first + count, from + kChunk);
        const auto each = [&](auto&& inject_one) {
            for (std::uint32_t number = from; number < end; ++number) {
                inject_one(number);
            }
            settle(rig_, engine_);
        };
        each([&](std::uint32_t number) { inject_syn(number); });
        if (challenged) {
            take_cookies();
            each([&](std::uint32_t number) { inject_client_ack(number); });
            rig_.drain(Side::kInside);
        }
        rig_.drain(Side::kInside);
        each([&](std::uint32_t number) { inject_syn_ack(number); });
        rig_.drain(Side::kOutside);
        rig_.drain(Side::kInside);
        if (!challenged) {
            each([&](std::uint32_t number) { inject_client_ack(number); });
            rig_.drain(Side::kInside);
        }
    }
}

}  // namespace synward::bench
