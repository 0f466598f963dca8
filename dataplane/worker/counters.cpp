// SPDX-License-Identifier: BSD-3-Clause
#include "worker/counters.h"

namespace synward::worker {

using wire::Disposition;

Totals& Totals::operator+=(const Totals& other) {
    for (std::size_t reason = 0; reason < by_reason.size(); ++reason) {
        by_reason[reason] += other.by_reason[reason];
    }
    received += other.received;
    taken_over += other.taken_over;
    handed_over += other.handed_over;
    held_now += other.held_now;
    originated_lost += other.originated_lost;
    uncounted_at_source += other.uncounted_at_source;
    batches += other.batches;
    full_batches += other.full_batches;
    busy += other.busy;
    turns += other.turns;
    return *this;
}

std::uint64_t Totals::sum(Disposition disposition) const {
    // What was held once and has gone on is counted again where it went.
    if (disposition == Disposition::kHeld) {
        return held_now;
    }
    std::uint64_t result = 0;
    for (std::size_t reason = 0; reason < by_reason.size(); ++reason) {
        if (wire::kReasons[reason].disposition == disposition) {
            result += by_reason[reason];
        }
    }
    return result;
}

bool Totals::every_packet_is_accounted_for() const {
    return received + taken_over == sum(Disposition::kForwarded) + sum(Disposition::kAnswered) +
                                        sum(Disposition::kHeld) + sum(Disposition::kDropped) +
                                        handed_over;
}

Totals Counters::totals() const {
    Totals totals;
    for (std::size_t reason = 0; reason < by_reason_.size(); ++reason) {
        totals.by_reason[reason] = by_reason_[reason].value();
    }
    totals.received = received.value();
    totals.taken_over = taken_over.value();
    totals.handed_over = handed_over.value();
    totals.held_now = held_now.value();
    totals.originated_lost = originated_lost.value();
    totals.uncounted_at_source = uncounted_at_source.value();
    totals.batches = batches.value();
    totals.full_batches = full_batches.value();
    totals.busy = busy.value();
    totals.turns = turns.value();
    return totals;
}

}  // namespace synward::worker
