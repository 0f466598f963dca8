// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/flow.h"
#include "tcp/endpoint.h"

namespace synward::flow {

/// How an open connection came to its end. Each has one kind at most: it counts as closed when
/// its second FIN or the RST passes, or when the box forgets it before that.
enum class CloseKind : std::uint8_t {
    kFourSegments,   ///< the second FIN came after an acknowledgment of the first
    kThreeSegments,  ///< the second FIN was itself that acknowledgment
    kSimultaneous,   ///< the second FIN was sent before the first arrived (RFC 9293 figure 13)
    kReset,
    kTimeout,   ///< silent for too long
    kReplaced,  ///< a new connection has taken its ports
};
inline constexpr std::size_t kCloseKindCount = 6;

std::string_view name(CloseKind kind);

/// The kind of close that a segment from `from` with a FIN has decided, `before` being its
/// sender's state before the segment and `flow` what it was followed to; nothing unless the segment
/// is the first FIN of its sender and the other side has sent one.
std::optional<CloseKind> close_decided_by_fin(const Flow& flow, wire::Side from,
                                              tcp::EndpointState before);

/// One side at least has sent no FIN, and there was no RST: what ends it now has to be counted.
inline bool is_unclosed(const Flow& flow) {
    return !has_sent_fin(flow.state(wire::Side::kOutside)) ||
           !has_sent_fin(flow.state(wire::Side::kInside));
}

}  // namespace synward::flow
