// SPDX-License-Identifier: BSD-3-Clause
//
// The end of flows whose time has come, and what their ends are told of it.
#include "defense/defender.h"

namespace synward::defense {
namespace {

using tcp::EndpointState;
using wire::Reason;
using wire::Side;

}  // namespace

void Defender::expire(std::uint32_t places) {
    if (is_settling_) [[unlikely]] {
        settle(places);
    }
    source_budgets_.recount(places);
    const auto expired = [this](flow::Flow& flow) {
        if (flow.one_sided && outlives_handshake(flow)) {
            return;
        }
        if (policy().on_expiry == OnExpiry::kReset && !tell_ends(flow)) {
            return;  // its turn comes again in the next round
        }
        if (flow.life() == flow::Phase::kOpen && flow::is_unclosed(flow)) {
            figures_.count(flow::CloseKind::kTimeout);
            flow::follow_reset(flow);
        }
        remove(flow, Reason::kServerUnreachable);
    };
    table_.expire(
        flow::CoarseTime::of(now_), places, expired,
        [this] { census_.begin_round(now_, figures_); },
        [this](const flow::Flow& flow) { census_.see(flow); });
    figures_.half_open.set(table_.half_open());
    figures_.connecting.set(connecting_.in_use());
}

bool Defender::tell_ends(const flow::Flow& flow) {
    constexpr std::size_t kMostOfOneFlow = 2;
    if (originations_.room() < kMostOfOneFlow) {
        return false;
    }
    if (flow.one_sided) {
        tell_ends_of_one_sided(flow);
        return true;
    }
    switch (flow.life()) {
        case flow::Phase::kHalfOpen:
            free_backlog(flow, Reason::kResetOnExpiryServer);
            break;
        case flow::Phase::kConnecting:
            break;  // ended by the pool, with a RST to the client
        case flow::Phase::kOpen:
            reset_end(flow, Side::kInside, Reason::kResetOnExpiryServer);
            reset_end(flow, Side::kOutside, Reason::kResetOnExpiryClient);
            break;
    }
    return true;
}

/// The client of a half-open connection gets none: nobody has proved that it is there, and its
/// address may be that of a flood's victim.
void Defender::free_backlog(const flow::Flow& flow, Reason reason) {
    if (flow.one_sided) {
        // Whether the server has answered is not known; a RST that it does not need harms nothing.
        if (flow.state(Side::kOutside) == EndpointState::kSynSent) {
            send_reset(flow, Side::kInside, reason);
        }
    } else if (flow.opener() == Side::kOutside &&
               flow.state(Side::kInside) == EndpointState::kSynReceived) {
        reset_end(flow, Side::kInside, reason);
    }
}

void Defender::reset_end(const flow::Flow& flow, Side to, Reason reason) {
    if (is_freed_by_reset(flow.state(to))) {
        send_reset(flow, to, reason);
    }
}

void Defender::send_reset(const flow::Flow& flow, Side to, Reason reason) {
    // RFC 5961 section 3: the very next number that this end waits for, as it knows the numbers.
    wire::SequenceNumber next = flow.next[static_cast<unsigned>(opposite(to))];
    if (to == Side::kOutside && flow.spliced) {
        next = next + flow.splice.sequence_delta;
    }
    const LinkHeader* const link = link_headers_.find(flow.tuple.inside_address);
    originations_.add({.reason = reason,
                       .tuple = flow.tuple,
                       .to = to,
                       .fields = {.sequence = next, .flags = wire::kRst},
                       .options = {},
                       .link = link != nullptr ? *link : LinkHeader{}});
}

}  // namespace synward::defense
