// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/corpus.h"

#include <chrono>

#include "support/icmp_error.h"

namespace synward::fuzz {

using test::Bytes;
using test::Dialogue;
using test::FrameBuilder;
using test::kAck;
using test::kCwr;
using test::kEce;
using test::kFin;
using test::kPsh;
using test::kRst;
using test::kSyn;
using test::OptionsText;
using wire::Side;

defense::Policy policy_with_every_challenge() {
    defense::Policy policy = test::policy_with(defense::Challenge::kAlways, 16);
    const defense::ServicePolicy model = policy.services.front();
    policy.services.clear();
    for (const auto challenge : {defense::Challenge::kAlways, defense::Challenge::kOverBudget,
                                 defense::Challenge::kNever, defense::Challenge::kMonitor}) {
        defense::ServicePolicy service = model;
        const auto port = static_cast<std::uint16_t>(80 + policy.services.size());
        service.name += std::to_string(port);
        service.ports = {{port, port}};
        service.challenge = challenge;
        service.syn_data = static_cast<defense::SynData>(policy.services.size() % 3);
        service.server.timestamps = true;  // whatever mutated SYN-ACKs teach
        policy.services.push_back(service);
    }
    using std::chrono::milliseconds;
    policy.timeouts = {.half_open = milliseconds{2000},
                       .established = milliseconds{60'000},
                       .half_closed = milliseconds{10'000},
                       .closing = milliseconds{5000},
                       .time_wait = milliseconds{3000}};
    policy.hold.connections = 8;
    policy.hold.segments = 16;
    return policy;
}

namespace {

void add(std::vector<Seed>& seeds, const FrameBuilder& frame) {
    seeds.push_back({Side::kOutside, frame.bytes()});
}

Bytes ethernet(std::uint8_t type_high, std::uint8_t type_low, std::size_t length) {
    Bytes frame(14 + length, 0x11);
    frame[12] = type_high;
    frame[13] = type_low;
    return frame;
}

}  // namespace

void add_frames_without_connection(std::vector<Seed>& seeds) {
    for (const Bytes& frame : {ethernet(0x08, 0x06, 28), ethernet(0x88, 0xcc, 60),
                               ethernet(0x81, 0x00, 46), ethernet(0x12, 0x34, 1)}) {
        seeds.push_back({Side::kOutside, frame});
        seeds.push_back({Side::kInside, frame});
    }
    for (const bool ipv6 : {false, true}) {
        for (unsigned port = 80; port <= 84; ++port) {
            const Dialogue dialogue{{.ipv6 = ipv6, .client = 9000, .server_port = port}};
            const FrameBuilder base = dialogue.to_server().flags(kSyn);
            add(seeds, base);
            add(seeds, FrameBuilder{base}.flags(kSyn | kEce | kCwr));
            add(seeds, FrameBuilder{base}.payload(20));
            add(seeds, FrameBuilder{base}.padding(6));
            add(seeds, FrameBuilder{base}.options(Bytes(40, 1)));
            add(seeds, FrameBuilder{base}.options({34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}));
            add(seeds, FrameBuilder{base}.options(
                           {30, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 4, 5, 180, 3, 3, 14, 0}));
            add(seeds, FrameBuilder{base}.vlan(5, 0x88a8).vlan(6));
            add(seeds, FrameBuilder{base}.vlan(5).vlan(6).vlan(7));
            for (const unsigned protocol : {1U, 17U, 50U, 58U, 132U}) {
                add(seeds, FrameBuilder{base}.protocol(protocol));
            }
            if (ipv6) {
                add(seeds, FrameBuilder{base}.extension_of_units(0, 1));
                add(seeds, FrameBuilder{base}.extension_of_units(0, 1).extension_of_units(60, 2));
                add(seeds, FrameBuilder{base}.extension_of_units(43, 3).authentication(12));
                add(seeds, FrameBuilder{base}.ipv6_fragment(0, false));
                add(seeds, FrameBuilder{base}.ipv6_fragment(0, true));
                add(seeds, FrameBuilder{base}.ipv6_fragment(64, false).payload(30));
            } else {
                add(seeds, FrameBuilder{base}.ip_options({0x94, 4, 0, 0}));
                add(seeds, FrameBuilder{base}.ip_options(Bytes(40, 1)));
                add(seeds, FrameBuilder{base}.fragment_field(0x2000));
                add(seeds, FrameBuilder{base}.fragment_field(0x2005).payload(30));
            }
        }
    }
}

void add_frames_of(const Dialogue& dialogue, std::vector<Seed>& seeds) {
    const auto from_client = [&](unsigned flags, std::size_t payload = 0,
                                 const OptionsText& extra = {}) {
        seeds.push_back({Side::kOutside, Dialogue{dialogue}.from_client(flags, payload, extra)});
    };
    const auto from_server = [&](unsigned flags, std::size_t payload = 0,
                                 const OptionsText& extra = {}) {
        seeds.push_back({Side::kInside, Dialogue{dialogue}.from_server(flags, payload, extra)});
    };
    seeds.push_back({Side::kOutside, dialogue.syn()});
    seeds.push_back({Side::kInside, dialogue.syn_ack()});
    OptionsText sack;
    sack.sack = {{dialogue.server_next_at_client + 10, dialogue.server_next_at_client + 20}};
    for (const unsigned flags : {kAck, kAck | kPsh, kFin | kAck, kRst, kRst | kAck, kAck | kEce}) {
        from_client(flags);
        from_server(flags);
    }
    // Errors about what is under way, as routers on either side quote it.
    const auto error_about = [&](const Bytes& quoted, Side from) {
        test::IcmpError icmp = test::IcmpError::too_big(dialogue.style().ipv6);
        for (const std::size_t length : {28U, 48U, 100U}) {
            icmp.quoted = length;
            seeds.push_back({from, icmp.about(quoted, 14 + 4 * dialogue.style().tags)});
        }
    };
    error_about(Dialogue{dialogue}.from_client(kAck, 40), Side::kInside);
    Dialogue as_shown{dialogue};
    as_shown.server_next = dialogue.server_next_at_client;
    error_about(as_shown.from_server(kAck, 60), Side::kOutside);
    from_client(kAck, 40);
    from_server(kAck, 60);
    from_client(kFin | kAck, 5);
    from_server(kFin | kAck, 5);
    from_client(kAck, 0, sack);
    from_server(kAck, 0, sack);
}

}  // namespace synward::fuzz
