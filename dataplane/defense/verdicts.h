// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "defense/verdict.h"
#include "flow/flow.h"
#include "wire/segment.h"

namespace synward::defense {

// The verdicts that are no more than an action and a reason.

inline Verdict forward(wire::Reason reason) {
    return {.action = Action::kForward, .reason = reason};
}
inline Verdict drop(wire::Reason reason) {
    return {.action = Action::kDrop, .reason = reason};
}
/// An ACK without a flow, by what it carries; `bare` is the reason of one that carries nothing.
inline Verdict drop_without_flow(const wire::Segment& segment, wire::Reason bare) {
    if (segment.has(wire::kFin)) {
        return drop(wire::Reason::kFinWithoutFlow);
    }
    return drop(segment.payload_length != 0 ? wire::Reason::kDataWithoutFlow : bare);
}

/// What a segment of the spliced `flow` must be translated by.
inline tcp::Translation translation_of(const flow::Flow& flow) {
    return {.sequence_delta = flow.splice.sequence_delta,
            .timestamp_delta = flow.splice.timestamp_delta,
            .client_scale = static_cast<std::uint8_t>(flow.outside_scale),
            .server_scale = static_cast<std::uint8_t>(flow.inside_scale),
            .promised_scale = static_cast<std::uint8_t>(flow.promised_scale),
            .timestamps = flow.timestamps != 0,
            .strip_timestamps = flow.strip_timestamps != 0,
            .strip_sack = flow.strip_sack != 0};
}

/// A segment of an open connection goes on, translated where the connection is spliced.
inline Verdict pass(const flow::Flow& flow, wire::Reason reason) {
    if (!flow.spliced) {
        return forward(reason);
    }
    return {.action = Action::kSplice, .reason = reason, .translation = translation_of(flow)};
}

}  // namespace synward::defense
