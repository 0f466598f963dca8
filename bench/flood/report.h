// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flood/answers.h"
#include "flood/specification.h"

namespace synward::flood {

/// What a run came to.
struct Report {
    FloodKind kind = FloodKind::kSyn;
    std::string target;  ///< the port or the file
    std::uint64_t sent = 0;
    std::uint64_t failed = 0;   ///< refused by the port, or counted as errors by it
    std::uint64_t bytes = 0;    ///< of the packets sent, from the Ethernet header on, without FCS
    double requested_rate = 0;  ///< packets per second, 0 for flat out
    double seconds = 0;
    double cpu_seconds = 0;                 ///< of the sending thread, the kernel's share included
    std::optional<AnswerCounts> answers{};  ///< absent where nothing was received

    [[nodiscard]] double rate() const {
        return seconds > 0 ? static_cast<double>(sent) / seconds : 0;
    }
};

/// Several lines for a reader, or one JSON object; both end with a newline.
std::string as_text(const Report& report);
std::string as_json(const Report& report);

}  // namespace synward::flood
