// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "flood/answers.h"
#include "flood/packet_factory.h"
#include "flood/specification.h"

struct rte_mempool;

namespace synward::flood {

inline constexpr unsigned kBatch = 64;

/// A DPDK port with one queue each way, started. For one thread.
class Port {
  public:
    struct Sent {
        unsigned packets = 0;
        unsigned refused = 0;
        std::uint64_t bytes = 0;  ///< of the packets that were not refused
    };

    /// `device` as it was given to the EAL. Throws std::runtime_error when it cannot be started.
    explicit Port(const std::string& device);
    ~Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    [[nodiscard]] MacAddress mac() const;
    /// Sends `count` (at most kBatch) packets of `factory`. What the port refuses is lost.
    Sent send(PacketFactory& factory, unsigned count);
    /// Takes a batch of received packets off the port; returns how many there were.
    unsigned receive(AnswerCounts& counts);
    /// Packets that the port took and then failed to send, by its own count.
    [[nodiscard]] std::uint64_t transmit_errors() const;

  private:
    void start();

    std::uint16_t id_ = 0;
    rte_mempool* pool_ = nullptr;
};

}  // namespace synward::flood
