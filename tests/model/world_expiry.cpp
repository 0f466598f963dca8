// SPDX-License-Identifier: BSD-3-Clause
//
// What becomes of two ends that fall silent.
#include "tcp/endpoint.h"
#include "world.h"

namespace synward::model {

/// It holds what all of its peer that has passed the box says, so that the box knows the very next
/// number that it waits for (RFC 5961 section 3).
bool World::is_to_be_freed(Side side) {
    const flow::Flow* const flow = box_.flow(scenario_.addresses);
    const Side other = opposite(side);
    const Endpoint& own = end(side);
    const Known& peer = state_.known[index(other)];
    if (flow == nullptr || flow->life() != flow::Phase::kOpen || !own.is_synchronized() ||
        own.state() == State::kTimeWait || !peer.passed.anything) {
        return false;
    }
    // What ended it has passed and was lost behind the box, which cannot know: its own timer ends
    // it.
    const bool acked_last = state_.known[index(side)].passed.ack_of_fin &&
                            (own.state() == State::kClosing || own.state() == State::kLastAck);
    if (state_.reset_counts || acked_last) {
        return false;
    }
    const std::uint32_t received = own.next_to_receive().value - own.peer_isn().value;
    return peer.isn + received == peer.passed.highest;
}

/// Both hosts lose their power or their route once all has arrived. In the end the box resets both,
/// so that a server's backlog and its half-closed sockets are free again, and knows nothing more.
void World::abandon() {
    constexpr unsigned kMostSteps = 40;
    for (unsigned steps = 0; settle_step() && failure_.empty(); ++steps) {
        if (steps == kMostSteps) {
            return;  // two ends that answer each other go on until a timer ends that
        }
    }
    if (!failure_.empty()) {
        return;
    }
    const std::array<bool, 2> to_be_freed{is_to_be_freed(Side::kOutside),
                                          is_to_be_freed(Side::kInside)};
    state_.was_open = false;
    for (const auto timeout : {policy_.timeouts.established, policy_.timeouts.half_closed}) {
        pass_time(timeout + std::chrono::seconds{1});
    }
    // Only towards the ends: what they answer finds nobody.
    for (std::size_t left = state_.under_way.size(); left > 0 && failure_.empty(); --left) {
        const Packet packet = state_.under_way.front();
        state_.under_way.erase(state_.under_way.begin());
        if (packet.has_crossed) {
            arrive(packet);
        }
    }
    for (const Side side : {Side::kOutside, Side::kInside}) {
        if (to_be_freed[index(side)] && end(side).is_synchronized()) {
            fail(std::string{"the "} + (side == Side::kOutside ? "client" : "server") +
                 " is not freed when the box forgets its connection");
        }
    }
    if (!box_.is_empty()) {
        fail("something is left in the box when all is over");
    }
}

}  // namespace synward::model
