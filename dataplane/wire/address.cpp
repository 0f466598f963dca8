// SPDX-License-Identifier: BSD-3-Clause
#include "wire/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace synward::wire {
std::optional<Address> Address::parse(std::string_view text) {
    const std::string terminated{text};
    std::uint8_t buffer[16];
    if (inet_pton(AF_INET, terminated.c_str(), buffer) == 1) {
        return from_ipv4(buffer);
    }
    if (inet_pton(AF_INET6, terminated.c_str(), buffer) == 1) {
        return from_ipv6(buffer);
    }
    return std::nullopt;
}

std::string Address::text() const {
    char buffer[INET6_ADDRSTRLEN];
    const bool ipv4_address = is_ipv4();
    inet_ntop(ipv4_address ? AF_INET : AF_INET6, ipv4_address ? ipv4() : bytes.data(), buffer,
              sizeof buffer);
    return buffer;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const unsigned full_length = address->is_ipv4() ? 32 : 128;
    unsigned length = full_length;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc{} || end != digits.data() + digits.size() || length > full_length) {
            return std::nullopt;
        }
    }
    const Prefix prefix{*address, static_cast<std::uint8_t>(length)};
    if (masked(*address, prefix.mapped_length()) != *address) {
        return std::nullopt;
    }
    return prefix;
}

bool Prefix::contains(const Address& candidate) const {
    return candidate.is_ipv4() == is_ipv4() && masked(candidate, mapped_length()) == address;
}

std::string Prefix::text() const {
    return address.text() + "/" + std::to_string(length);
}

Address masked(const Address& address, unsigned mapped_length) {
    Address result;
    const unsigned whole_bytes = mapped_length / 8;
    std::memcpy(result.bytes.data(), address.bytes.data(), whole_bytes);
    if (const unsigned rest = mapped_length % 8; rest != 0) {
        result.bytes[whole_bytes] =
            static_cast<std::uint8_t>(address.bytes[whole_bytes] & (0xff00U >> rest));
    }
    return result;
}

}  // namespace synward::wire
