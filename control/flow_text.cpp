// SPDX-License-Identifier: BSD-3-Clause
#include "control/flow_text.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "control/endpoint_text.h"
#include "tcp/cookie.h"
#include "tcp/endpoint.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;
using wire::Side;

constexpr std::array<std::string_view, 3> kPhaseNames{"half_open", "connecting", "open"};

ordered_json scale_json(unsigned scale) {
    return scale == tcp::kNoWindowScale ? ordered_json(nullptr) : ordered_json(scale);
}

}  // namespace

std::string_view name(flow::Phase phase) {
    return kPhaseNames.at(static_cast<std::size_t>(phase));
}

double seconds_left(const flow::Flow& flow, tcp::Time now) {
    constexpr unsigned kBits = 24;
    // The difference on the circle, its sign in the uppermost bit.
    const std::uint32_t ahead = flow.expiry - flow::CoarseTime::of(now).value();
    const auto steps = static_cast<std::int32_t>(ahead << (32U - kBits)) >> (32U - kBits);
    constexpr double kStep = 67'108'864e-9;
    return steps * kStep;
}

void append_row(std::string& text, const flow::Flow& flow, const FlowContext& context) {
    const wire::FourTuple& tuple = flow.tuple;
    fmt::format_to(
        std::back_inserter(text),
        R"({{"outside":"{}","outside_state":"{}","inside":"{}","inside_state":"{}","phase":"{}",)"
        R"("opened_by":"{}","service":"{}","spliced":{},"expires_in":{:.1f},"worker":{}}})",
        text_of({tuple.outside_address, tuple.outside_port}), tcp::name(flow.state(Side::kOutside)),
        text_of({tuple.inside_address, tuple.inside_port}), tcp::name(flow.state(Side::kInside)),
        name(flow.life()), name(flow.opener()), context.service, flow.spliced != 0,
        seconds_left(flow, context.now), context.worker);
}

ordered_json details_of(const flow::Flow& flow, const FlowContext& context) {
    std::string row;
    append_row(row, flow, context);
    ordered_json json = ordered_json::parse(row);
    for (const Side side : {Side::kOutside, Side::kInside}) {
        ordered_json& end = json["ends"][name(side)];
        // A connecting flow keeps something else in place of the server's numbers.
        if (side == Side::kOutside || flow.life() != flow::Phase::kConnecting) {
            end["next_sequence"] = flow.next[static_cast<unsigned>(side)].value();
        }
        end["largest_window"] = flow.window[static_cast<unsigned>(side)].octets();
        end["window_scale"] =
            scale_json(side == Side::kOutside ? flow.outside_scale : flow.inside_scale);
    }
    if (flow.life() == flow::Phase::kOpen && flow.spliced) {
        json["splice"] = {{"sequence_delta", flow.splice.sequence_delta},
                          {"timestamps", flow.timestamps != 0},
                          {"timestamp_delta", flow.splice.timestamp_delta},
                          {"promised_scale", scale_json(flow.promised_scale)},
                          {"strips_timestamps", flow.strip_timestamps != 0},
                          {"strips_sack", flow.strip_sack != 0}};
    }
    json["holds_credit"] = flow.holds_credit != 0;
    json["counted_at_source"] = flow.counted_at_source != 0;
    json["one_sided"] = flow.one_sided != 0;
    return json;
}

}  // namespace synward::control
