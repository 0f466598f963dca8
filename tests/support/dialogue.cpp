// SPDX-License-Identifier: BSD-3-Clause
#include "support/dialogue.h"

namespace synward::test {

defense::Policy policy_with(defense::Challenge challenge, std::uint32_t budget) {
    defense::ServicePolicy service;
    service.name = "web";
    service.addresses = {*wire::Prefix::parse("198.51.100.0/24"),
                         *wire::Prefix::parse("2001:db8:1::/64")};
    service.challenge = challenge;
    service.budget = budget;
    service.probe = false;  // a test that looks at each frame asks for them
    defense::Policy policy;
    policy.services.push_back(service);
    policy.hold.connections = 64;
    policy.hold.segments = 512;
    policy.master_secret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    return policy;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps_of(const Bytes& options) {
    const auto number = [&](std::size_t position) {
        std::uint32_t value = 0;
        for (std::size_t octet = 0; octet < 4; ++octet) {
            value = value << 8U | options.at(position + octet);
        }
        return value;
    };
    for (std::size_t position = 0; position < options.size();) {
        if (options[position] == 8) {
            return std::pair{number(position + 2), number(position + 6)};
        }
        position += options[position] == 1 ? 1U : options.at(position + 1);
    }
    return std::nullopt;
}

Dialogue::Dialogue(const Style& style)
    : client_next{style.client_isn}, server_next{style.server_isn}, style_{style} {}

std::string Dialogue::address_of_client() const {
    if (style_.ipv6) {
        return "2001:db8:2::" + std::to_string(style_.client);
    }
    return "203.0." + std::to_string(style_.client / 256) + "." +
           std::to_string(style_.client % 256);
}

FrameBuilder Dialogue::between(bool to_server) const {
    const std::string client = address_of_client();
    const std::string server = style_.ipv6 ? "2001:db8:1::2" : "198.51.100.2";
    const Bytes client_mac{2, 0, 0, 0, 0, 0xc1};
    const Bytes server_mac{2, 0, 0, 0, 0, 0x5e};
    FrameBuilder builder;
    builder.macs(to_server ? client_mac : server_mac, to_server ? server_mac : client_mac);
    for (unsigned tag = 0; tag < style_.tags; ++tag) {
        builder.vlan(100 + tag, tag + 1 == style_.tags ? 0x8100 : 0x88a8);
    }
    const std::string& source = to_server ? client : server;
    const std::string& destination = to_server ? server : client;
    style_.ipv6 ? builder.ipv6(source, destination) : builder.ipv4(source, destination);
    return builder;
}

FrameBuilder Dialogue::to_server() const {
    return between(true).tcp(style_.client_port, style_.server_port, client_next);
}

FrameBuilder Dialogue::to_client() const {
    return between(false).tcp(style_.server_port, style_.client_port, server_next, client_next);
}

OptionsText Dialogue::offer_of_client() const {
    OptionsText options{.mss = 1400, .sack_permitted = true, .window_scale = style_.client_scale};
    if (style_.timestamps) {
        options.timestamps = {client_clock, 0};
    }
    return options;
}

OptionsText Dialogue::offer_of_server() const {
    OptionsText options{.mss = 1360, .sack_permitted = true, .window_scale = style_.server_scale};
    if (style_.timestamps) {
        options.timestamps = {server_clock, client_clock};
    }
    return options;
}

Bytes Dialogue::syn() const {
    return to_server().flags(kSyn).window(64'240).options(offer_of_client().bytes()).bytes();
}

Bytes Dialogue::syn_ack() const {
    // To the SYN, whatever the client has sent since.
    return between(false)
        .tcp(style_.server_port, style_.client_port, style_.server_isn, style_.client_isn + 1)
        .flags(kSyn | kAck)
        .window(kServerWindow)
        .options(offer_of_server().bytes())
        .bytes();
}

Bytes Dialogue::from_client(unsigned flags, std::size_t payload, const OptionsText& extra) {
    OptionsText options = extra;
    if (style_.timestamps) {
        options.timestamps = {client_clock, server_clock_at_client};
    }
    const Bytes frame =
        between(true)
            .tcp(style_.client_port, style_.server_port, client_next, server_next_at_client)
            .flags(flags)
            .window(kClientWindow)
            .options(options.bytes())
            .payload(payload)
            .bytes();
    client_next += static_cast<std::uint32_t>(payload) + ((flags & kFin) != 0 ? 1U : 0U);
    return frame;
}

Bytes Dialogue::from_server(unsigned flags, std::size_t payload, const OptionsText& extra) {
    OptionsText options = extra;
    if (style_.timestamps) {
        options.timestamps = {server_clock, client_clock};
    }
    const Bytes frame = to_client()
                            .flags(flags)
                            .window(kServerWindow)
                            .options(options.bytes())
                            .payload(payload)
                            .bytes();
    const auto length = static_cast<std::uint32_t>(payload) + ((flags & kFin) != 0 ? 1U : 0U);
    server_next += length;
    server_next_at_client += length;
    return frame;
}

void Dialogue::accept(std::uint32_t server_isn, std::uint32_t server_clock_then) {
    client_next = style_.client_isn + 1;
    server_next_at_client = server_isn + 1;
    server_clock_at_client = server_clock_then;
}

}  // namespace synward::test
