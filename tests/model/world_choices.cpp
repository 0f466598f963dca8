// SPDX-License-Identifier: BSD-3-Clause
//
// What may happen next, and letting it happen.
#include <algorithm>

#include "ladder.h"
#include "world.h"

namespace synward::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

bool World::apply(Choice choice) {
    const Side side = choice.which == 0 ? Side::kOutside : Side::kInside;
    const unsigned which = choice.which;
    const bool names_packet = choice.what == What::kDeliver || choice.what == What::kDuplicate ||
                              choice.what == What::kLose;
    if (names_packet ? which >= state_.under_way.size() : which > 1) {
        return false;
    }
    const auto spend = [](std::uint8_t& left) {
        if (left == 0) {
            return false;
        }
        --left;
        return true;
    };
    if (log_ != nullptr) {
        log_->begin(*this, choice);
    }
    Outbox out;
    Endpoint& end = state_.ends[names_packet ? 0 : which];
    const State before = end.state();
    end.set_clock(clock());
    bool done = true;
    switch (choice.what) {
        case What::kOpen:
            done = state_.opens[which] != 0 && end.open(out) && spend(state_.opens[which]);
            break;
        case What::kSend:
            done = state_.sends[which] != 0 && end.send(scenario_.octets[which], out) &&
                   spend(state_.sends[which]);
            break;
        case What::kClose:
            done = end.close(out);
            break;
        case What::kAbort:
            done = state_.aborts[which] != 0 && end.abort(out) && spend(state_.aborts[which]);
            break;
        case What::kNap:
            done = state_.naps_now[which] || spend(state_.naps);
            if (!done) {
                break;
            }
            state_.naps_now[which] = !state_.naps_now[which];
            end.set_reading(!state_.naps_now[which], out);
            break;
        case What::kRetransmit:
            done = end.may_retransmit();
            end.retransmit(out);
            break;
        case What::kAcknowledge:
            done = end.owes_ack();
            end.acknowledge(out);
            break;
        case What::kEndTimeWait:
            done = end.end_time_wait();
            if (done) {  // what was under way is older than that
                state_.under_way.clear();
            }
            break;
        case What::kKeepAlive:
            done = state_.keep_alives != 0 && end.keep_alive(out) && spend(state_.keep_alives);
            break;
        case What::kDeliver:
            deliver(which, false);
            break;
        case What::kDuplicate:
            done = spend(state_.duplicates);
            if (!done) {
                break;
            }
            deliver(which, true);
            break;
        case What::kLose:
            state_.under_way.erase(state_.under_way.begin() + which);
            break;
        case What::kOldSyn:
            done = spend(state_.old_syns);
            if (!done) {
                break;
            }
            inject_old_syn();
            break;
        case What::kTick:
            done = spend(state_.ticks);
            if (!done) {
                break;
            }
            pass_time(which == 0 ? milliseconds{300} : milliseconds{3'000});
            break;
        case What::kIdle: {
            const flow::Flow* const flow = box_.flow(scenario_.addresses);
            const bool lasts =
                !scenario_.has_box || (flow != nullptr && flow->life() == flow::Phase::kOpen &&
                                       flow::patience(*flow) <= flow::Patience::kHalfClosed);
            done = lasts && !state_.reset_passed && state_.under_way.empty() && spend(state_.idles);
            if (done) {
                pass_time(seconds{7430});
            }
            break;
        }
    }
    if (!done) {
        if (log_ != nullptr) {
            log_->take_back();
        }
        return false;
    }
    if (!names_packet) {
        after(side, before, out);
    }
    check_after_step();
    return true;
}

void World::list_choices(std::vector<Choice>& choices) const {
    choices.clear();
    const auto add = [&](What what, unsigned which) {
        choices.push_back({what, static_cast<std::uint8_t>(which)});
    };
    for (unsigned side = 0; side < 2; ++side) {
        const Endpoint& end = state_.ends[side];
        const State state = end.state();
        const bool is_closed = state == State::kClosed || state == State::kListen;
        const bool may_write =
            !end.wants_to_close() && (state == State::kEstablished || state == State::kCloseWait ||
                                      state == State::kSynReceived);
        if (is_closed && state_.opens[side] != 0) {
            add(What::kOpen, side);
        }
        if (may_write && state != State::kSynReceived && state_.sends[side] != 0) {
            add(What::kSend, side);
        }
        if (may_write) {
            add(What::kClose, side);
        }
        if (!is_closed && state_.aborts[side] != 0) {
            add(What::kAbort, side);
        }
        if (end.may_retransmit()) {
            add(What::kRetransmit, side);
        }
        if (end.owes_ack()) {
            add(What::kAcknowledge, side);
        }
        if (state == State::kTimeWait) {
            add(What::kEndTimeWait, side);
        }
        if (state_.keep_alives != 0 &&
            (state == State::kEstablished || state == State::kCloseWait) &&
            end.is_all_acknowledged()) {
            add(What::kKeepAlive, side);
        }
        if (end.is_synchronized() && (state_.naps != 0 || state_.naps_now[side])) {
            add(What::kNap, side);
        }
    }
    for (unsigned number = 0; number < state_.under_way.size(); ++number) {
        const Packet& packet = state_.under_way[number];
        const bool repeats = std::any_of(
            state_.under_way.begin(), state_.under_way.begin() + number, [&](const Packet& other) {
                return other.hash == packet.hash && other.has_crossed == packet.has_crossed &&
                       other.origin.states == packet.origin.states;
            });
        if (repeats) {
            continue;
        }
        add(What::kDeliver, number);
        if (state_.duplicates != 0) {
            add(What::kDuplicate, number);
        }
    }
    if (state_.old_syns != 0) {
        add(What::kOldSyn, 0);
    }
    if (state_.ticks != 0) {
        add(What::kTick, 0);
    }
    if (state_.idles != 0 && state_.under_way.empty()) {
        add(What::kIdle, 0);
    }
}

}  // namespace synward::model
