// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/syn_acks.h"
#include "wire/usual_headers.h"

namespace synward::defense {

/// The answers to those SYNs of a batch that FloodDecider::answer_syns() has challenged, in place
/// of verdicts. Places are those of the SYNs; sets of them are bits.
struct FloodAnswers {
    wire::SynAcks syn_acks;
    std::uint64_t made = 0;
    std::uint64_t remembered = 0;  ///< to be kept (RememberedSyns), under these numbers
    wire::UsualHeaders::Column<std::uint32_t> numbers;

    void clear() { made = remembered = 0; }
};

}  // namespace synward::defense
