// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace synward::worker {

/// The packets that wait for a server, by the number of their connection in the ConnectingPool,
/// which also counts and bounds them. One worker's thread.
class HoldingRoom {
  public:
    static constexpr unsigned kMostSegments = 8;

    explicit HoldingRoom(std::uint32_t connections) : places_(connections) {}

    /// Remembers the port on which the client's packets come in.
    void open(std::uint32_t number, std::uint16_t client_port_id) {
        places_[number].client_port_id = client_port_id;
    }
    void keep(std::uint32_t number, rte_mbuf* packet) {
        Place& place = places_[number];
        place.packets[place.count++] = packet;
    }
    /// Takes out all that is kept for `number`; the span stays valid until the next keep().
    std::span<rte_mbuf* const> take(std::uint32_t number) {
        Place& place = places_[number];
        const std::span<rte_mbuf* const> taken{place.packets.data(), place.count};
        place.count = 0;
        return taken;
    }
    [[nodiscard]] std::uint16_t client_port_id(std::uint32_t number) const {
        return places_[number].client_port_id;
    }

  private:
    struct Place {
        std::array<rte_mbuf*, kMostSegments> packets{};
        std::uint8_t count = 0;
        std::uint16_t client_port_id = 0;
    };
    std::vector<Place> places_;
};

}  // namespace synward::worker
