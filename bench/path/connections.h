// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "path/rig.h"
#include "support/traffic.h"

namespace synward::bench {

/// Both ends of many connections through one box, by number: what each has sent so far.
class Connections {
  public:
    /// Numbers 0 to `count` - 1, to `services` in turn.
    Connections(Rig& rig, worker::Engine& engine, std::uint32_t count, unsigned services);

    /// Brings `count` of them from `first` on to ESTABLISHED, unmeasured.
    void establish(std::uint32_t first, std::uint32_t count, bool challenged);

    // The segments of a connection, one each; `inject_` puts them before the box.
    void inject_syn(std::uint32_t number);
    void inject_syn_ack(std::uint32_t number);
    void inject_client_ack(std::uint32_t number);
    void inject_client_reset(std::uint32_t number);
    void inject_client_fin(std::uint32_t number);
    void inject_server_fin(std::uint32_t number);
    /// Data of `payload` octets and an acknowledgment of all that the other end has sent.
    void inject_client_data(std::uint32_t number, std::uint16_t payload);
    void inject_server_data(std::uint32_t number, std::uint16_t payload);

    /// What is put before the box from now on it does not see, as the floor is measured: nobody
    /// goes on behind it.
    void inject_unseen(bool is_unseen) { is_unseen_ = is_unseen; }

    /// Takes the cookies of SYN-ACKs that leave to the outside, and drops all else.
    void take_cookies();
    /// The next connection of the same ports, with initial sequence numbers ahead of all that the
    /// one before has used, as RFC 6528 wants.
    void renew(std::uint32_t number);

    [[nodiscard]] wire::FourTuple tuple(std::uint32_t number) const {
        return tuple_of(number, services_);
    }

  private:
    struct Ends {
        std::uint32_t client_next = 0;
        std::uint32_t server_next = 0;     ///< in the server's own numbers, its SYN passed
        std::uint32_t shown_delta = 0;     ///< the client's view of them less the server's
        std::uint32_t seen_timestamp = 0;  ///< the TSval that the client echoes
    };
    static constexpr std::uint32_t kGeneration = 1U << 22U;
    void inject(std::uint32_t number, wire::Side from, unsigned flags, std::uint16_t payload,
                bool handshake);

    Rig& rig_;
    worker::Engine& engine_;
    unsigned services_;
    std::vector<Ends> ends_;
    bool is_unseen_ = false;
};

/// What was injected arrives, and the box turns until nothing moves.
void settle(Rig& rig, worker::Engine& engine);

}  // namespace synward::bench
