// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "defense/latency_histogram.h"
#include "flow/close_kind.h"
#include "tcp/endpoint.h"
#include "wire/counter.h"

namespace synward::defense {

/// What one worker's decisions came to, beside the reasons of single packets. Written by that
/// worker, read by any thread.
struct alignas(64) Figures {
    /// By flow::CloseKind; each open connection counts once.
    std::array<wire::Counter, flow::kCloseKindCount> closes;
    /// How many flows have an endpoint in each state, by side; as of the last census.
    std::array<std::array<wire::Counter, tcp::kEndpointStateCount>, 2> endpoints;
    wire::Counter half_open;         ///< flows whose handshake is not complete, now
    wire::Counter connecting;        ///< clients that wait for their server, now
    wire::Counter cookie_key_began;  ///< when the present key's epoch did, ns since the Unix epoch
    /// From a client's SYN to the server's SYN-ACK; of challenged clients, from the box's own SYN.
    /// A SYN that was sent again counts from the first.
    LatencyHistogram server_handshake;
    /// From the SYN-ACK, the server's or a challenge's, to the ACK that completes the handshake;
    /// not where the SYN-ACK was sent again or the box keeps no time of it (RememberedSyns).
    LatencyHistogram client_handshake;

    void count(flow::CloseKind kind) { closes[static_cast<std::size_t>(kind)].add(1); }
};

/// The same for one service. Outlives its ServiceState, which an adoption of another policy
/// replaces.
struct alignas(64) ServiceFigures {
    wire::Counter syns;          ///< of clients, that were to be decided
    wire::Counter challenged;    ///< SYNs answered in the server's place, by cookie or for a reset
    wire::Counter redeemed;      ///< challenges whose client has proven to be there
    wire::Counter failed;        ///< ACKs without a flow whose cookie is wrong, too old or not ours
    wire::Counter completed;     ///< handshakes, challenged or not
    wire::Counter credits_left;  ///< of this worker's share of the budget, now
};

/// Those of a worker's services by their index. Held by the worker's states and by the control
/// thread, which alone makes and frees them.
using ServiceFiguresList = std::vector<std::shared_ptr<ServiceFigures>>;

}  // namespace synward::defense
