// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "wire/address.h"
#include "wire/four_tuple.h"

namespace synward::defense {

/// What a frame had in front of its IP header, and where it came in.
struct LinkHeader {
    static constexpr unsigned kMostBytes = 22;  ///< Ethernet and two VLAN tags

    std::array<std::uint8_t, kMostBytes> bytes{};
    std::uint8_t length = 0;                ///< 14, 18 or 22; 0: not known
    wire::Side from = wire::Side::kInside;  ///< the side on which the frame came
    std::uint16_t port = 0;                 ///< the device by which it came (DPDK's number)

    [[nodiscard]] bool is_known() const { return length != 0; }

    /// Of `frame`, whose IP header begins at `ip_offset`.
    static LinkHeader of(std::span<const std::uint8_t> frame, unsigned ip_offset, wire::Side from,
                         std::uint16_t port);
    friend bool operator==(const LinkHeader&, const LinkHeader&) = default;
};

/// By inside address, the link header with which it last opened or answered a connection. The box
/// has no address of its own on any link; with this it can send a segment when it has no packet at
/// hand to make it from.
///
/// The header as it is leads to the outside, and with its addresses exchanged to the server. That
/// is exact where a server's frames come back the way they went. Where they do not (VRRP, different
/// next hops), it is the best that can be known: what goes outside still reaches the gateway that
/// the server itself uses.
///
/// Where a service's servers are not seen, the header of a client that has proven to be there
/// stands in, as long as none of the server's own is known.
///
/// Bounded; only the inside, which is trusted, and such clients can add to it. Written at
/// handshakes, never per data segment. One worker's thread.
class LinkHeaders {
  public:
    static constexpr unsigned kPlaces = 4096;

    /// `seed` decides where an address lies. `places`: a multiple of four.
    explicit LinkHeaders(std::uint64_t seed, unsigned places = kPlaces)
        : seed_{seed}, sets_(places / kWays) {}

    /// May take another address's place once kPlaces are nearly used up.
    void remember(const wire::Address& inside, const LinkHeader& header);
    /// nullptr: not known (any more).
    [[nodiscard]] const LinkHeader* find(const wire::Address& inside) const;

  private:
    static constexpr unsigned kWays = 4;
    struct Place {
        wire::Address address;
        LinkHeader header;
    };
    struct Set {
        std::array<Place, kWays> places;
        std::uint8_t next_victim = 0;
    };
    [[nodiscard]] std::size_t set_of(const wire::Address& inside) const;

    std::uint64_t seed_;
    std::vector<Set> sets_;
};

}  // namespace synward::defense
