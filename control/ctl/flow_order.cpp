// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/flow_order.h"

#include <algorithm>
#include <tuple>

#include "control/endpoint_text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::ordered_json;

auto endpoint_key(const ordered_json& row, const char* side) {
    const auto endpoint =
        parse_endpoint(row.at(side).get_ref<const std::string&>()).value_or(Endpoint{});
    return std::make_tuple(!endpoint.address.is_ipv4(), endpoint.address, endpoint.port);
}

template <typename Value>
bool less(const ordered_json& a, const ordered_json& b, const char* name) {
    return a.at(name).get<Value>() < b.at(name).get<Value>();
}

}  // namespace

bool is_before(const ordered_json& a, const ordered_json& b, std::string_view order) {
    if (order == "outside" || order == "inside") {
        const char* const side = order == "outside" ? "outside" : "inside";
        return endpoint_key(a, side) < endpoint_key(b, side);
    }
    if (order == "state") {
        return std::tie(a.at("outside_state"), a.at("inside_state")) <
               std::tie(b.at("outside_state"), b.at("inside_state"));
    }
    if (order == "expires") {
        return less<double>(a, b, "expires_in");
    }
    if (order == "worker") {
        return less<unsigned>(a, b, "worker");
    }
    return less<std::string>(a, b, order == "phase" ? "phase" : "service");
}

SortedRows::SortedRows(std::string_view order, bool descending, std::size_t limit)
    : order_{order}, descending_{descending}, limit_{limit} {}

void SortedRows::add(std::string_view row) {
    rows_.push_back(ordered_json::parse(row));
    if (limit_ != 0 && rows_.size() >= 2 * limit_) {
        cut();
    }
}

const std::vector<ordered_json>& SortedRows::take() {
    cut();
    return rows_;
}

void SortedRows::cut() {
    std::ranges::stable_sort(rows_, [this](const ordered_json& a, const ordered_json& b) {
        return descending_ ? is_before(b, a, order_) : is_before(a, b, order_);
    });
    if (limit_ != 0 && rows_.size() > limit_) {
        rows_.resize(limit_);
    }
}

}  // namespace synward::control::ctl
