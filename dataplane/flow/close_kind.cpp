// SPDX-License-Identifier: BSD-3-Clause
#include "flow/close_kind.h"

#include <array>

namespace synward::flow {

using tcp::EndpointState;

std::string_view name(CloseKind kind) {
    static constexpr std::array<std::string_view, kCloseKindCount> kNames{
        "four_segments", "three_segments", "simultaneous", "reset", "timeout", "replaced"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<CloseKind> close_decided_by_fin(const Flow& flow, wire::Side from,
                                              EndpointState before) {
    const EndpointState after = flow.state(from);
    const bool is_first_fin = !has_sent_fin(before) && has_sent_fin(after);
    if (!is_first_fin || !has_sent_fin(flow.state(opposite(from)))) {
        return std::nullopt;
    }
    if (before == EndpointState::kCloseWait) {
        return CloseKind::kFourSegments;
    }
    return after == EndpointState::kLastAck ? CloseKind::kThreeSegments : CloseKind::kSimultaneous;
}

}  // namespace synward::flow
