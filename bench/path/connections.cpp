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

void settle(worker::Engine& engine) {
    while (engine.turn() != 0) {
    }
}

Connections::Connections(Rig& rig, worker::Engine& engine, std::uint32_t count, unsigned services)
    : rig_{rig}, engine_{engine}, services_{services}, ends_(count) {
    for (std::uint32_t number = 0; number < count; ++number) {
        renew(number);
    }
}

void Connections::renew(std::uint32_t number) {
    ends_[number] = {.client_next = client_isn(number),
                     .server_next = server_isn(number),
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
    draft.fields = {.sequence = wire::SequenceNumber{next},
                    .acknowledgment = wire::SequenceNumber{(flags & wire::kAck) != 0 ? peer : 0},
                    .window = kWindow,
                    .flags = static_cast<std::uint8_t>(flags)};
    draft.options = linux_options(value, (flags & wire::kAck) != 0 ? echo : 0);
    if (!handshake) {
        draft.options = {.timestamps = draft.options.timestamps};
    }
    rig_.inject(from, [&](auto frame) { return write_frame(frame, draft); });
    next += payload + ((flags & (wire::kSyn | wire::kFin)) != 0 ? 1U : 0U);
}

void Connections::inject_syn(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kSyn, 0, true);
}
void Connections::inject_syn_ack(std::uint32_t number) {
    ends_[number].server_next = server_isn(number);
    inject(number, Side::kInside, wire::kSyn | wire::kAck, 0, true);
}
void Connections::inject_client_ack(std::uint32_t number) {
    inject(number, Side::kOutside, wire::kAck, 0, false);
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

void Connections::take_cookies(std::uint32_t first, std::uint32_t count) {
    std::uint32_t number = first;
    rig_.drain(Side::kOutside, [&](std::span<const std::uint8_t> frame) {
        if (number == first + count) {
            return;
        }
        const wire::Segment segment = read_frame(frame, Side::kOutside);
        Ends& ends = ends_[number];
        ends.server_next = server_isn(number) + 1;  // behind the SYN that its server will send
        ends.shown_delta = segment.end().value() - ends.server_next;
        ends.seen_timestamp = timestamp_value(frame, segment);
        ++number;
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
            settle(engine_);
        };
        each([&](std::uint32_t number) { inject_syn(number); });
        if (challenged) {
            take_cookies(from, end - from);
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
