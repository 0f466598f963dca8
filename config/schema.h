// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.h"

namespace synward::config {

/// What a key's value is; of a list, what each of its entries is.
enum class Kind : std::uint8_t {
    kName,
    kDevice,
    kWord,      ///< one of Key::words
    kBoolean,   ///< true or false
    kNumber,    ///< plain
    kCount,     ///< may end in Ki or Mi
    kSize,      ///< with a unit; Key::range is in bytes
    kDuration,  ///< with a unit; Key::range is in microseconds
    kRate,      ///< with a unit; Key::range is per second
    kCores,     ///< a core or a range of them
    kPorts,     ///< a port or a range of them
    kPrefix,    ///< an address or a prefix
    kSecret,
    kArgument,  ///< for DPDK's EAL
    kSocketPath,
    kListener,  ///< an address and a port to listen at
    kMapping,   ///< as Key::mapping says
};

struct Mapping;

/// Everything that is known of one key. The reader, its messages and the reference are made of
/// this.
struct Key {
    std::string_view name{};
    Kind kind = Kind::kName;
    std::string_view description{};
    std::string_view fallback{};  ///< the value of an absent key, as a policy would have it
    Range range{};                ///< of a number of whatever kind
    std::span<const std::string_view> words{};
    const Mapping* mapping = nullptr;
    bool list = false;
    Range entries{};  ///< how many a list may have
    bool required = false;
    bool restart = false;  ///< what is under it takes effect at a start only, not by a reload
};

struct Mapping {
    std::span<const Key> keys;

    [[nodiscard]] const Key* find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> names() const;
};

/// The policy file: the mapping that everything else is in.
extern const Mapping kPolicySchema;

/// What a value of `key` must look like, for messages: "a duration with its unit ... from 4s to
/// 10min", "a list of 1 to 64 cores or ranges of cores".
std::string expectation(const Key& key);
/// The same for one entry of a list.
std::string entry_expectation(const Key& key);

}  // namespace synward::config
