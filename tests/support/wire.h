// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <string_view>

#include "support/frame_builder.h"
#include "wire/parse.h"

namespace synward::test {

/// The address that `text` names, or std::invalid_argument.
inline wire::Address address(std::string_view text) {
    const auto result = wire::Address::parse(text);
    if (!result) {
        throw std::invalid_argument{"no such address: " + std::string{text}};
    }
    return *result;
}

/// What parse() makes of a whole frame in one piece, with the segment that it filled.
struct Parsed {
    wire::ParseResult result;
    wire::Segment segment;

    [[nodiscard]] bool is_tcp() const { return result.kind == wire::FrameKind::kTcp; }
    [[nodiscard]] bool is_malformed(wire::Reason reason) const {
        return result.kind == wire::FrameKind::kMalformed && result.malformed == reason;
    }
};

inline Parsed parse(const Bytes& frame, wire::Side from = wire::Side::kOutside) {
    Parsed parsed;
    parsed.result =
        wire::parse(frame, static_cast<std::uint32_t>(frame.size()), from, parsed.segment);
    return parsed;
}

}  // namespace synward::test
