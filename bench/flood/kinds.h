// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "flood/specification.h"

namespace synward::flood {

/// In the order of the enumeration.
inline constexpr std::pair<FloodKind, std::string_view> kKindNames[] = {
    {FloodKind::kSyn, "syn"},        {FloodKind::kAck, "ack"},
    {FloodKind::kFin, "fin"},        {FloodKind::kRst, "rst"},
    {FloodKind::kSynAck, "syn-ack"}, {FloodKind::kMixed, "mixed"},
    {FloodKind::kData, "data"},      {FloodKind::kNull, "null"},
    {FloodKind::kXmas, "xmas"},      {FloodKind::kFragment, "fragment"},
};
inline constexpr std::pair<HandshakeStyle, std::string_view> kStyleNames[] = {
    {HandshakeStyle::kLinux, "linux"},
    {HandshakeStyle::kNone, "none"},
    {HandshakeStyle::kNoTimestamps, "no-timestamps"},
};

constexpr std::string_view name_of(FloodKind kind) {
    return kKindNames[static_cast<std::size_t>(kind)].second;
}

/// The value of `names` that is called `text`.
template <typename Value, std::size_t count>
constexpr std::optional<Value> named(const std::pair<Value, std::string_view> (&names)[count],
                                     std::string_view text) {
    for (const auto& [value, name] : names) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace synward::flood
