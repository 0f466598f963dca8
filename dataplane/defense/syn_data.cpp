// SPDX-License-Identifier: BSD-3-Clause
//
// SYNs with data: by a fast open (RFC 7413) or without one (RFC 9293 section 3.4).
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {

using wire::Reason;
using wire::Segment;

Verdict Defender::on_syn_data(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    std::optional<ServiceIndex> service;
    if (arrival.flow != nullptr) {
        service = arrival.flow->service;
    } else {
        service = classifier().service_of(segment.tuple.inside_address, segment.tuple.inside_port);
    }
    const bool is_syn_alone =
        (segment.flags & (wire::kSyn | wire::kAck | wire::kRst | wire::kFin)) == wire::kSyn;
    if (!service || !is_syn_alone || services_[*service].challenge() == Challenge::kMonitor) {
        return verdict_on(arrival);
    }
    switch (policy().services[*service].syn_data) {
        case SynData::kForward:
            return verdict_on(arrival);
        case SynData::kDrop:
            return drop(Reason::kSynData);
        case SynData::kStrip:
            break;
    }
    const auto offered = wire::read_handshake_options(arrival.options());
    if (!offered || offered->is_signed) {
        return verdict_on(arrival);  // what is signed passes whole or not at all
    }
    if (is_denied(segment, *service)) {
        return drop(Reason::kSourceDenied);  // before the data have to be summed
    }
    // The checksum is of the segment as it came.
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    Segment bare = segment;
    bare.payload_length = 0;
    Verdict verdict = verdict_on({.segment = bare,
                                  .frame = arrival.frame,
                                  .hash = arrival.hash,
                                  .flow = arrival.flow,
                                  .checksum = ChecksumState::kRight,
                                  .port = arrival.port});
    if (verdict.action == Action::kForward) {
        verdict.action = Action::kForwardWithoutData;
    }
    return verdict;
}

}  // namespace synward::defense
