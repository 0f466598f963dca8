// SPDX-License-Identifier: BSD-3-Clause
#include "worker/flow_questions.h"

#include <algorithm>

namespace synward::worker {

bool ListFlows::work(const Answering& worker, unsigned places) {
    listed_at_ = worker.now;
    const auto room = static_cast<std::uint32_t>(records_.size()) - count_;
    const std::uint32_t due = std::min({std::uint32_t{places}, places_left_, room});
    next_place_ = worker.table.visit(next_place_, due, [this](const flow::Flow& flow) {
        if (filter_.matches(flow)) {
            records_[count_++] = flow;
        }
    });
    places_left_ -= due;
    is_at_end_ = next_place_ >= worker.table.places_used();
    return is_at_end_ || places_left_ == 0 || count_ == records_.size();
}

bool FindFlow::work(const Answering& worker, unsigned /*places*/) {
    now_ = worker.now;
    if (const flow::Flow* const flow = worker.table.find(tuple_, worker.hasher(tuple_))) {
        flow_ = *flow;
    }
    return true;
}

bool KillFlow::work(const Answering& worker, unsigned /*places*/) {
    flow::Flow* const flow = worker.table.find(tuple_, worker.hasher(tuple_));
    if (flow == nullptr) {
        return true;
    }
    flow_ = *flow;
    now_ = worker.now;
    const defense::Defender::Killed killed = worker.defender.kill(*flow);
    is_outside_reset_ = killed.is_outside_reset;
    is_inside_reset_ = killed.is_inside_reset;
    if (killed.connecting) {
        worker.rewriter.reset_client(*killed.connecting, wire::Reason::kResetByOperatorClient);
        is_outside_reset_ = true;
    }
    return true;
}

}  // namespace synward::worker
