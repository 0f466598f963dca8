// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace synward::control::ctl {

/// By what a listing of flows may be sorted.
inline constexpr std::string_view kFlowOrders[] = {"outside", "inside",  "state", "service",
                                                   "phase",   "expires", "worker"};

/// Keeps the first of many rows in some order. With a limit it never keeps more than twice as many.
class SortedRows {
  public:
    /// `order` is one of kFlowOrders. `limit` 0: all.
    SortedRows(std::string_view order, bool descending, std::size_t limit);

    void add(std::string_view row);
    /// The first `limit` of all rows that were added, in order; equal ones in the order in which
    /// they came.
    const std::vector<nlohmann::ordered_json>& take();

  private:
    void cut();

    std::string order_;
    bool descending_;
    std::size_t limit_;
    std::vector<nlohmann::ordered_json> rows_;
};

/// Whether row `a` comes before `b`. Addresses count as numbers, IPv4 before IPv6.
bool is_before(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b,
               std::string_view order);

}  // namespace synward::control::ctl
