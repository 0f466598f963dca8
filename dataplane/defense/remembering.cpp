// SPDX-License-Identifier: BSD-3-Clause
//
// Challenged SYNs whose third segment has not come: the SYN-ACK once more.
#include "defense/cookie_mark.h"
#include "defense/defender.h"
#include "wire/tcp_options.h"

namespace synward::defense {
namespace {

using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

/// Whether the client's SYN before `first` has led to this flow, rather than to one that is still
/// to come.
bool began_with(const flow::Flow& flow, SequenceNumber first) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(Side::kOutside)];
    const bool was_challenged = flow.spliced || flow.life() == flow::Phase::kConnecting;
    return before_or_at(first, next) && (!was_challenged || flow.cookie_mark == cookie_mark(first));
}

}  // namespace

bool Defender::is_worth_sending_again(const RememberedSyns::Entry& entry) {
    Segment syn_ack;
    wire::parse(entry.bytes(), entry.length, Side::kInside, syn_ack);
    const tcp::Block hash = hasher_(syn_ack.tuple);
    const flow::Flow* const flow = table_.find(syn_ack.tuple, hash);
    if (flow != nullptr && began_with(*flow, syn_ack.acknowledgment)) {
        return false;
    }
    // A cookie that is honoured no more would only lead the client astray.
    const auto options = entry.bytes().subspan(syn_ack.options_offset(), syn_ack.options_length());
    std::optional<std::uint32_t> timestamp;
    if (const auto positions = wire::find_options(options);
        positions && positions->timestamps != 0) {
        timestamp = wire::timestamps_at(options, positions->timestamps).value;
    }
    // The limit last, as it counts what it allows.
    return keys_.claimed_epoch(hash, syn_ack.acknowledgment - 1, syn_ack.sequence, timestamp) &&
           answer_limit_.allows(syn_ack.tuple.outside_address, now_);
}

}  // namespace synward::defense
