// SPDX-License-Identifier: BSD-3-Clause
// Names, devices, addresses, secrets and EAL arguments.
#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "config/wording.h"

namespace synward::config {
namespace {

constexpr std::size_t kLongestName = 64;

/// An EAL option that synward sets itself, and the key of the policy that does so, if any.
struct OwnOption {
    std::string_view name;
    std::string_view key;
};
constexpr OwnOption kOwnOptions[] = {
    {"-l", "workers.cores"},
    {"-c", "workers.cores"},
    {"-s", "workers.cores"},
    {"-S", "workers.cores"},
    {"--lcores", "workers.cores"},
    {"--main-lcore", "workers.cores"},
    {"-a", "links"},
    {"--allow", "links"},
    {"-b", "links"},
    {"--block", "links"},
    {"--vdev", "links"},
    {"--no-pci", "links"},
    {"-m", "memory.size"},
    {"--socket-mem", "memory.size"},
    {"--no-huge", "memory.hugepages"},
    {"--in-memory", "dpdk.secondary_processes"},
    {"--no-shconf", "dpdk.secondary_processes"},
    {"--file-prefix", "dpdk.file_prefix"},
    {"--proc-type", ""},
    {"--help", ""},
    {"-h", ""},
};

/// getopt_long() takes "-l1", "--vdev=x" and, since it completes options, "--vd" as well.
bool is_given_as(std::string_view option, std::string_view argument) {
    if (option.starts_with("--")) {
        const auto name = argument.substr(0, argument.find('='));
        return name.size() > 2 && option.starts_with(name);
    }
    return argument.starts_with(option);
}

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}
bool is_small_letter(char character) {
    return character >= 'a' && character <= 'z';
}

/// `pattern` has 'h' for a hexadecimal digit and 'o' for an octal one.
bool matches(std::string_view text, std::string_view pattern) {
    return std::ranges::equal(text, pattern, [](char character, char wanted) {
        switch (wanted) {
            case 'h':
                return std::isxdigit(static_cast<unsigned char>(character)) != 0;
            case 'o':
                return character >= '0' && character <= '7';
            default:
                return character == wanted;
        }
    });
}

bool is_short_pci_address(std::string_view name) {
    return matches(name, "hh:hh.o");
}
bool is_pci_address(std::string_view name) {
    return is_short_pci_address(name) || matches(name, "hhhh:hh:hh.o");
}

bool is_virtual_device(std::string_view name) {
    constexpr std::string_view kStart = "net_";
    if (!name.starts_with(kStart) || !is_digit(name.back())) {
        return false;
    }
    const auto driver = name.substr(kStart.size());
    return is_small_letter(driver[0]) && std::ranges::all_of(driver, [](char character) {
               return is_small_letter(character) || is_digit(character) || character == '_';
           });
}

std::string_view before_comma(std::string_view device) {
    return device.substr(0, device.find(','));
}

}  // namespace

Parsed<std::string> parse_name(std::string_view text) {
    if (text.empty()) {
        return Problem{"found an empty name", {}};
    }
    if (text.size() > kLongestName) {
        return Problem{in_quotes(text) + " is too long", {}};
    }
    const auto wrong = std::ranges::find_if_not(text, [](char character) {
        return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_' ||
               character == '.' || character == '-';
    });
    if (wrong != text.end()) {
        return Problem{fmt::format("{} contains {}", in_quotes(text), in_quotes({&*wrong, 1})), {}};
    }
    return std::string{text};
}

Parsed<std::string> parse_device(std::string_view text) {
    const std::string name{before_comma(text)};
    if (is_pci_address(name) || is_virtual_device(name)) {
        return std::string{text};
    }
    if (is_virtual_device(name + "0")) {
        return Problem{in_quotes(text) + " has no number after the driver's name",
                       fmt::format("{}0{}", name, text.substr(name.size()))};
    }
    return Problem{in_quotes(text) + " is not a device", {}};
}

std::string device_identity(std::string_view device) {
    std::string identity{before_comma(device)};
    if (!is_pci_address(identity)) {
        return identity;
    }
    if (is_short_pci_address(identity)) {
        identity.insert(0, "0000:");
    }
    for (char& character : identity) {
        character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
    return identity;
}

Parsed<wire::Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = wire::Address::parse(text.substr(0, slash));
    if (!address) {
        return Problem{in_quotes(text) + " is not an address", {}};
    }
    const unsigned full_length = address->is_ipv4() ? 32 : 128;
    wire::Prefix prefix{*address, static_cast<std::uint8_t>(full_length)};
    if (slash == std::string_view::npos) {
        return prefix;
    }
    const auto length = parse_number(text.substr(slash + 1));
    const auto* bits = std::get_if<std::uint64_t>(&length);
    if (bits == nullptr || *bits > full_length) {
        return Problem{
            fmt::format("{} has no prefix length from 0 to {}", in_quotes(text), full_length), {}};
    }
    prefix.length = static_cast<std::uint8_t>(*bits);
    prefix.address = wire::masked(*address, prefix.mapped_length());
    if (prefix.address != *address) {
        return Problem{
            fmt::format("{} has bits set beyond its prefix length of {}", in_quotes(text), *bits),
            prefix.text()};
    }
    return prefix;
}

Parsed<Secret> parse_secret(std::string_view text) {
    Secret secret{};
    if (text.size() != 2 * secret.size()) {
        return Problem{fmt::format("found {} characters", text.size()), {}};
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned digit = 0;
        const auto [end, error] = std::from_chars(&text[i], &text[i] + 1, digit, 16);
        if (error != std::errc{}) {
            return Problem{fmt::format("character {} is not a hexadecimal digit", i + 1), {}};
        }
        secret[i / 2] = static_cast<std::uint8_t>(secret[i / 2] << 4 | digit);
    }
    return secret;
}

Parsed<std::string> parse_eal_argument(std::string_view text) {
    if (text.empty() || text == "--") {
        return Problem{in_quotes(text) + " is not an EAL argument", {}};
    }
    for (const auto& [option, key] : kOwnOptions) {
        if (is_given_as(option, text)) {
            return Problem{in_quotes(text) + " is not for the policy to set",
                           key.empty() ? std::nullopt : std::optional{std::string{key}}};
        }
    }
    return std::string{text};
}

Parsed<std::string> parse_socket_path(std::string_view text) {
    constexpr std::size_t kLongestSocketPath = 107;  // what sockaddr_un has room for
    if (text == "off") {
        return std::string{};
    }
    if (!text.starts_with('/')) {
        return Problem{in_quotes(text) + " is not an absolute path", {}};
    }
    if (text.ends_with('/')) {
        return Problem{in_quotes(text) + " is a folder", {}};
    }
    if (text.size() > kLongestSocketPath) {
        return Problem{fmt::format("found a path of {} bytes", text.size()), {}};
    }
    return std::string{text};
}

Parsed<std::string> parse_listener(std::string_view text) {
    if (text == "off") {
        return std::string{};
    }
    const auto problem = [&](std::string_view what) {
        return Problem{fmt::format("{} has no {}", in_quotes(text), what), {}};
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return problem("port");
    }
    std::string_view host = text.substr(0, colon);
    const bool is_in_brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (is_in_brackets) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = wire::Address::parse(host);
    if (!address || address->is_ipv4() == is_in_brackets) {
        return problem("address to listen at");
    }
    const auto port = parse_number(text.substr(colon + 1));
    const auto* const number = std::get_if<std::uint64_t>(&port);
    if (number == nullptr || *number == 0 || *number > 0xffff) {
        return problem("port from 1 to 65535");
    }
    return std::string{text};
}

}  // namespace synward::config
