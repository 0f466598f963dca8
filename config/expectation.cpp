// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "config/schema.h"
#include "config/wording.h"

namespace synward::config {
namespace {

/// How messages speak of several values of a kind.
std::string plural(const Key& key) {
    switch (key.kind) {
        case Kind::kCores:
            return "cores or ranges of cores";
        case Kind::kPorts:
            return "ports or ranges of ports";
        case Kind::kPrefix:
            return "addresses or prefixes";
        case Kind::kArgument:
            return "EAL arguments";
        case Kind::kMapping:
            return "mappings with the keys " + joined(key.mapping->names());
        default:
            throw std::logic_error(fmt::format("no list of '{}' is known", key.name));
    }
}

}  // namespace

const Key* Mapping::find(std::string_view name) const {
    for (const Key& key : keys) {
        if (key.name == name) {
            return &key;
        }
    }
    return nullptr;
}

std::vector<std::string_view> Mapping::names() const {
    std::vector<std::string_view> names;
    for (const Key& key : keys) {
        names.push_back(key.name);
    }
    return names;
}

std::string expectation(const Key& key) {
    if (!key.list) {
        return entry_expectation(key);
    }
    return fmt::format("a list of {} to {} {}", key.entries.least, key.entries.most, plural(key));
}

std::string entry_expectation(const Key& key) {
    const auto& [least, most] = key.range;
    switch (key.kind) {
        case Kind::kName:
            return "a name of 1 to 64 letters, digits, '_', '.' or '-'";
        case Kind::kDevice:
            return "a PCI address such as 0000:3b:00.0 or a DPDK device such as "
                   "net_af_packet0,iface=eth0";
        case Kind::kWord:
            return "one of " + joined(key.words);
        case Kind::kBoolean:
            return "true or false";
        case Kind::kNumber:
            return fmt::format("a decimal number from {} to {}", least, most);
        case Kind::kCount:
            return fmt::format("a count (plain, or with Ki or Mi) from {} to {}", count_text(least),
                               count_text(most));
        case Kind::kSize:
            return fmt::format("a size with its unit (KiB, MiB, GiB or TiB) from {} to {}",
                               size_text(least), size_text(most));
        case Kind::kDuration:
            return fmt::format("a duration with its unit (us, ms, s, min or h) from {} to {}",
                               duration_text(least), duration_text(most));
        case Kind::kRate:
            return fmt::format("a rate such as 200/s (or with Ki/s or Mi/s) from {} to {}",
                               rate_text(least), rate_text(most));
        case Kind::kCores:
            return fmt::format("a core from {} to {}, or a range such as 2-5", least, most);
        case Kind::kPorts:
            return fmt::format("a port from {} to {}, or a range such as 8000-8080", least, most);
        case Kind::kPrefix:
            return "an IPv4 or IPv6 address, or a prefix of one with no bit set beyond its length";
        case Kind::kSecret:
            return "32 hexadecimal digits";
        case Kind::kArgument:
            return "an EAL argument that synward does not set itself";
        case Kind::kSocketPath:
            return "an absolute path of at most 107 bytes, or off";
        case Kind::kListener:
            return "an address with a port, such as 127.0.0.1:9108 or [::1]:9108, or off";
        case Kind::kMapping:
            return "a mapping with the keys " + joined(key.mapping->names());
    }
    throw std::logic_error("a kind without words");
}

}  // namespace synward::config
