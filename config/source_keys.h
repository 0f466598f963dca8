// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/key_units.h"
#include "config/schema.h"

/// What clients may do.
namespace synward::config {

// The same for all services and for one.
inline constexpr Range kSourceEntries{0, 65536};

inline constexpr Key kSourcePrefixKeys[] = {
    {.name = "ipv4",
     .kind = Kind::kNumber,
     .description = "Length of the IPv4 prefix that counts as one source.",
     .fallback = "24",
     .range = {8, 32}},
    {.name = "ipv6",
     .kind = Kind::kNumber,
     .description = "Length of the IPv6 prefix that counts as one source.",
     .fallback = "56",
     .range = {32, 64}},
};
inline constexpr Mapping kSourcePrefix{kSourcePrefixKeys};

inline constexpr Key kNewConnectionsKeys[] = {
    {.name = "rate",
     .kind = Kind::kRate,
     .description = "Connections that one source may make.",
     .range = {1, kMi},
     .required = true},
    {.name = "burst",
     .kind = Kind::kCount,
     .description = "Connections that may come at once; absent: what the rate gives in a second.",
     .range = {1, kMi}},
};
inline constexpr Mapping kNewConnections{kNewConnectionsKeys};

inline constexpr Key kSourcesKeys[] = {
    {.name = "allow",
     .kind = Kind::kPrefix,
     .description = "Sources whose SYNs always pass; of lists that hold the same source the longer "
                    "prefix counts.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "deny",
     .kind = Kind::kPrefix,
     .description = "Sources of which nothing reaches a service.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "prefix",
     .kind = Kind::kMapping,
     .description = "What counts as one source for the limits.",
     .mapping = &kSourcePrefix,
     .restart = true},
    {.name = "answers",
     .kind = Kind::kRate,
     .description = "Answers to one source that has proven nothing, so that no forged address is "
                    "flooded with them.",
     .fallback = "10000/s",
     .range = {1, kMi}},
    {.name = "new_connections",
     .kind = Kind::kMapping,
     .description = "How fast one source may make connections; absent: as fast as it likes.",
     .mapping = &kNewConnections},
    {.name = "concurrent",
     .kind = Kind::kCount,
     .description = "Connections that one source may have at one time; absent: any number.",
     .range = {1, 16 * kMi}},
};
inline constexpr Mapping kSources{kSourcesKeys};

}  // namespace synward::config
