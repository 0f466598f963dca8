// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "defense/connecting.h"
#include "defense/origination.h"
#include "defense/remembered_syns.h"
#include "defense/verdict.h"
#include "wire/frame_writer.h"
#include "wire/segment.h"
#include "worker/batch.h"
#include "worker/counters.h"
#include "worker/holding_room.h"
#include "worker/port.h"
#include "worker/transmitter.h"

namespace synward::worker {

/// Carries verdicts out on packets: forwards, answers in place, splices, holds, and makes the
/// segments that the box sends of its own. One worker's thread.
class Rewriter {
  public:
    Rewriter(const std::vector<Port>& ports, defense::ConnectingPool& connecting,
             defense::RememberedSyns& remembered_syns, HoldingRoom& holding_room,
             Transmitter& transmitter, Counters& counters);

    /// Carries out `verdict` on `packet`, which `segment` describes and which it takes over.
    void carry_out(const defense::Verdict& verdict, rte_mbuf* packet, wire::Segment& segment) {
        if (verdict.action == defense::Action::kForward) {
            return transmitter_.send(packet, peer_of(packet->port), verdict.reason);
        }
        if (verdict.action == defense::Action::kDrop) {
            return transmitter_.drop(packet, verdict.reason);
        }
        if (verdict.action == defense::Action::kSplice) {
            return splice(verdict, packet, segment);
        }
        change(verdict, packet, segment);
    }

    /// carry_out() for the `answers` of the batch that are at `count` places from `first` on.
    [[gnu::hot, gnu::noinline]] void answer_usual_syns(Batch& batch, unsigned first,
                                                       unsigned count);

    /// Held packets that a kJoin has released since the last call, in the order in which they came.
    /// The caller sends them through the stages.
    [[nodiscard]] std::span<rte_mbuf* const> released() const { return released_; }
    void clear_released() { released_.clear(); }

    /// The SYN to the server of `number`; `reason` says whether for the first time.
    void send_syn(std::uint32_t number, wire::Reason reason);
    /// A segment without a packet to make it from.
    void originate(const defense::Origination& origination);
    /// The SYN-ACK of a challenge, once more.
    void send_syn_ack_again(const defense::RememberedSyns::Entry& entry);
    /// RST to the client of `number`, whose server has not answered.
    void reset_client(std::uint32_t number, wire::Reason reason);
    /// Drops what is still held for `number` of the pool.
    void drop_held(std::uint32_t number, wire::Reason reason);

  private:
    [[gnu::hot, gnu::noinline]] void splice(const defense::Verdict& verdict, rte_mbuf* packet,
                                            const wire::Segment& segment);
    /// carry_out() for what does not merely pass, translated or not, or end here.
    [[gnu::hot, gnu::noinline]] void change(const defense::Verdict& verdict, rte_mbuf* packet,
                                            wire::Segment& segment);
    void answer_syn(const defense::Verdict& verdict, rte_mbuf* packet, wire::Segment& segment);
    void connect_server(const defense::Verdict& verdict, rte_mbuf* packet, wire::Segment& segment);
    void join(const defense::Verdict& verdict, rte_mbuf* packet, wire::Segment& segment);
    void tell_client_window(const defense::Verdict& verdict, const rte_mbuf& syn_ack,
                            const wire::Segment& segment);
    [[gnu::hot]] void send_back(rte_mbuf* packet, std::uint32_t length, wire::Reason reason);
    /// Writes the SYN to the server, for this attempt and those that may follow.
    static void prepare_syn(defense::Connecting& connecting, const rte_mbuf& packet,
                            const wire::Segment& segment);
    /// A fresh packet with a copy of all in front of the IP header; nullptr without a buffer.
    rte_mbuf* copy_of_link_headers(const rte_mbuf& packet, const wire::Segment& segment);
    rte_mbuf* packet_from(std::span<const std::uint8_t> frame, std::uint16_t port_id);
    [[nodiscard]] std::uint16_t peer_of(std::uint16_t port_id) const { return peers_[port_id]; }

    defense::ConnectingPool& connecting_;
    defense::RememberedSyns& remembered_syns_;
    HoldingRoom& holding_room_;
    Transmitter& transmitter_;
    Counters& counters_;
    std::array<std::uint16_t, RTE_MAX_ETHPORTS> peers_{};
    std::array<rte_mempool*, RTE_MAX_ETHPORTS> buffers_{};
    std::vector<rte_mbuf*> released_;  // never grows beyond what is reserved
};

}  // namespace synward::worker
