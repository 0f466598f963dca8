// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "defense/recent_ports.h"
#include "defense/service_state.h"
#include "tcp/time.h"
#include "wire/syn_acks.h"

namespace synward::defense {

/// What the answers to all usual SYNs for one inside address and port have in common for as long as
/// a cookie epoch lasts: that which takes longest to find out about a SYN.
struct alignas(64) AnswerTemplate {
    alignas(16) wire::SynAcks::Words words;
    std::uint64_t key = 0;    ///< of address and port
    std::uint64_t stamp = 0;  ///< zero: there is none here
    ServiceState* service = nullptr;
    ServiceFigures* figures = nullptr;
    tcp::Time known_until;       ///< until when its server needs not be asked what it offers
    bool takes_options = false;  ///< the server takes SACK, timestamps and a window scale
    /// Each SYN is challenged, so that `service`, a line more, need not be asked.
    bool is_always_challenged = false;
    std::uint32_t untold = 0;  ///< SYNs challenged by it that `figures` do not know of yet

    void tell() const {
        figures->syns.add(untold);
        figures->challenged.add(untold);
    }
};
static_assert(sizeof(AnswerTemplate) == 64);

using AnswerTemplates = RecentPorts<AnswerTemplate>;

}  // namespace synward::defense
