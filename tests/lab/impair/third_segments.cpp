// SPDX-License-Identifier: BSD-3-Clause
#include "impair/third_segments.h"

#include <array>
#include <cstring>
#include <functional>
#include <string_view>

#include "wire/parse.h"

namespace synward::impair {

std::size_t ThirdSegments::Hash::operator()(const wire::FourTuple& tuple) const {
    std::array<char, sizeof tuple> bytes;
    std::memcpy(bytes.data(), &tuple, sizeof tuple);
    return std::hash<std::string_view>{}({bytes.data(), bytes.size()});
}

bool ThirdSegments::is_one(std::span<const std::uint8_t> frame) {
    wire::Segment segment;
    const auto parsed =
        wire::parse(frame, static_cast<std::uint32_t>(frame.size()), wire::Side::kOutside, segment);
    if (parsed.kind != wire::FrameKind::kTcp) {
        return false;
    }
    if (segment.has(wire::kSyn)) {
        const auto [place, is_new] = handshakes_.try_emplace(segment.tuple);
        if (is_new || place->second.client_isn != segment.sequence) {
            place->second = {segment.sequence, false};
        }
        return false;
    }
    if (!segment.has(wire::kAck) || segment.has(wire::kFin) || segment.has(wire::kRst) ||
        segment.payload_length != 0) {
        return false;
    }
    const auto place = handshakes_.find(segment.tuple);
    if (place == handshakes_.end() || place->second.complete) {
        return false;
    }
    place->second.complete = true;
    return true;
}

}  // namespace synward::impair
