// SPDX-License-Identifier: BSD-3-Clause
#include "worker/flow_questions.h"

namespace synward::worker {

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
