// SPDX-License-Identifier: BSD-3-Clause
#include "flood/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "flood/kinds.h"
#include "flood/text_values.h"

namespace synward::flood {
namespace {

constexpr int kUsageError = 2;

/// An option that may be repeated, each occurrence with one value: read by `parse`, which returns
/// nullopt for what is no `expected`, and given to `store`.
template <typename Parse, typename Store>
CLI::Option* add_value(CLI::App& app, const std::string& name, const std::string& expected,
                       const std::string& description, Parse parse, Store store) {
    const auto read = [name, expected, parse,
                       store](const std::vector<std::string>& texts) mutable {
        for (const std::string& text : texts) {
            const auto value = parse(text);
            if (!value) {
                throw CLI::ValidationError(name, fmt::format("'{}' is no {}", text, expected));
            }
            store(*value);
        }
    };
    return app.add_option_function<std::vector<std::string>>(name, read, description)
        ->allow_extra_args(false)
        ->type_name("");
}

void add_packet_options(CLI::App& app, FloodSpecification& packets, bool& source_mac_given) {
    add_value(
        app, "--kind",
        "kind of flood: syn, ack, fin, rst, syn-ack, data, null, xmas, fragment or mixed",
        "syn (default), ack, fin, rst, syn-ack, data, null, xmas, fragment, or mixed for the first"
        " five",
        [](const std::string& text) { return named(kKindNames, text); },
        [&](FloodKind kind) { packets.kind = kind; });
    add_value(app, "--destination", "IPv4 or IPv6 address", "address to flood; repeatable",
              wire::Address::parse,
              [&](const wire::Address& address) { packets.destinations.push_back(address); })
        ->required();
    add_value(app, "--destination-port", "list of ports such as 80,443,8000-8080",
              "ports and ranges, 80,443,8000-8080; repeatable (default 80)", parse_port_ranges,
              [&, first = true](const std::vector<PortRange>& ranges) mutable {
                  if (std::exchange(first, false)) {
                      packets.destination_ports.clear();
                  }
                  packets.destination_ports.insert(packets.destination_ports.end(), ranges.begin(),
                                                   ranges.end());
              });
    add_value(app, "--source-prefix", "network such as 198.18.0.0/15",
              "network to spoof addresses of; repeatable (default 198.18.0.0/15 and 2001:2::/48)",
              wire::Prefix::parse,
              [&](const wire::Prefix& prefix) { packets.source_prefixes.push_back(prefix); });
    add_value(
        app, "--source-port", "port or range of ports",
        "range of source ports (default 1024-65535)",
        [](const std::string& text) -> std::optional<PortRange> {
            const auto ranges = parse_port_ranges(text);
            return ranges && ranges->size() == 1 ? std::optional{ranges->front()} : std::nullopt;
        },
        [&](const PortRange& range) { packets.source_ports = range; });
    app.add_option("--sources", packets.sources,
                   "distinct source addresses of each family (default: all of the prefixes)");
    add_value(app, "--destination-mac", "unicast MAC address",
              "MAC address of the target or of the router towards it", parse_unicast_mac,
              [&](const MacAddress& mac) { packets.destination_mac = mac; });
    add_value(app, "--source-mac", "unicast MAC address",
              "MAC address to send from (default: the port's own)", parse_unicast_mac,
              [&](const MacAddress& mac) {
                  packets.source_mac = mac;
                  source_mac_given = true;
              });
    app.add_option("--vlan", packets.vlan, "802.1Q tag to send with")->check(CLI::Range(1, 4094));
    add_value(
        app, "--options", "style of TCP options: linux, none or no-timestamps",
        "TCP options: linux (default), none, or no-timestamps for Linux without them",
        [](const std::string& text) { return named(kStyleNames, text); },
        [&](HandshakeStyle style) { packets.options = style; });
    app.add_option(
           "--payload", packets.payload_length,
           "bytes of data in each ACK and fragmented segment (default 0; data and fragment: 512)")
        ->check(CLI::Range(0, static_cast<int>(kMaximumPayload)));
    app.add_option("--seed", packets.seed, "the same seed gives the same packets (default 1)");
}

void add_run_options(CLI::App& app, Options& options) {
    auto* port = app.add_option("--port", options.port,
                                "DPDK device to send on, such as net_af_packet0,iface=flood0");
    auto* write =
        app.add_option("--write", options.write, "write the packets to this pcap file instead");
    port->excludes(write);
    app.add_flag("--allow-pci", options.allow_pci,
                 "let --port be the PCI address of a real device");
    add_value(app, "--rate", "rate such as 100000, 100k or 1.5M",
              "packets per second, with k or M; 0 for flat out (default)", parse_rate,
              [&](double rate) { options.rate = rate; });
    add_value(app, "--duration", "duration such as 10s, 500ms or 2m",
              "how long to send, such as 10s (default: until interrupted)", parse_duration,
              [&](std::chrono::nanoseconds duration) { options.duration = duration; });
    add_value(app, "--count", "number of packets", "how many packets to send, with k or M",
              parse_rate, [&](double count) { options.count = static_cast<std::uint64_t>(count); });
    app.add_option("--core", options.core, "CPU to run on");
    app.add_flag_callback(
        "--no-receive", [&] { options.receive = false; },
        "leave alone what comes back to the port");
    app.add_flag("--json", options.json, "report as JSON");
}

/// A port that is memory alone takes packets faster than a sleeper can give them.
bool sleeps_by_default(const Options& options) {
    const std::string_view port = options.port;
    return options.rate > 0 && !port.starts_with("net_ring") && !port.starts_with("net_null") &&
           !is_pci_address(port);
}

void check_together(const Options& options) {
    const auto require = [](bool condition, const char* otherwise) {
        if (!condition) {
            throw CLI::ValidationError(otherwise);
        }
    };
    if (options.write.empty()) {
        require(!options.port.empty(), "--port or --write is required");
        require(options.allow_pci || !is_pci_address(options.port),
                "--port is a real network device: a flood on a real network needs --allow-pci");
        require(options.specification.destination_mac != MacAddress{},
                "--destination-mac is required with --port; 'ip neighbour' shows the target's");
    } else {
        require(options.count || (options.duration && options.rate > 0),
                "--write needs --count, or --duration and --rate");
        require(options.eal_arguments.empty(), "--write takes no EAL arguments");
    }
}

}  // namespace

std::variant<Options, int> parse_command_line(int argc, const char* const* argv) {
    Options options;
    const char* const* end = std::find(argv, argv + argc, std::string_view{"--"});
    if (end != argv + argc) {
        options.eal_arguments.assign(end + 1, argv + argc);
    }
    CLI::App app{"Floods a network with spoofed TCP segments, to test what defends against them.",
                 "synward-flood"};
    app.footer("Arguments behind -- go to DPDK's EAL.");
    add_packet_options(app, options.specification, options.source_mac_given);
    add_run_options(app, options);
    std::optional<bool> sleep;
    app.add_flag_callback(
        "--sleep", [&] { sleep = true; },
        "leave the CPU between bursts (default with --rate, except on a PCI device, net_ring and"
        " net_null)");
    app.add_flag_callback(
        "--no-sleep", [&] { sleep = false; }, "poll without a pause");
    try {
        app.parse(static_cast<int>(end - argv), argv);
        check_together(options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
    options.sleep = sleep.value_or(sleeps_by_default(options));
    return options;
}

}  // namespace synward::flood
