// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "defense/policy.h"
#include "support/frame_builder.h"
#include "support/frame_reader.h"
#include "support/options_text.h"

namespace synward::test {

inline constexpr unsigned kFin = 0x01;
inline constexpr unsigned kSyn = 0x02;
inline constexpr unsigned kRst = 0x04;
inline constexpr unsigned kPsh = 0x08;
inline constexpr unsigned kAck = 0x10;
inline constexpr unsigned kEce = 0x40;
inline constexpr unsigned kCwr = 0x80;

/// A policy with one service, 198.51.100.0/24 and 2001:db8:1::/64 on every port.
defense::Policy policy_with(defense::Challenge challenge, std::uint32_t budget = 1024);

/// TSval and TSecr of an options text, or nothing.
std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps_of(const Bytes& options);

/// A client and a server: makes the segments of both and keeps each one's view of the sequence
/// numbers, which may differ where a box between them has spliced the connection.
class Dialogue {
  public:
    struct Style {
        bool ipv6 = false;
        unsigned tags = 0;  ///< VLAN tags: none, one or two
        bool timestamps = true;
        unsigned client = 1;  ///< the last part of its address, 1-65535 in all
        unsigned client_port = 40'000;
        unsigned server_port = 80;
        std::uint32_t client_isn = 0x1000'0000;
        std::uint32_t server_isn = 0x7fff'ff00;  ///< of its own
        unsigned client_scale = 7;
        unsigned server_scale = 9;
        std::uint16_t link = 0;
        std::uint16_t client_queue = 0;  ///< on which each one's frames come in
        std::uint16_t server_queue = 0;
    };
    explicit Dialogue(const Style& style);

    // Segments as their senders make them, at their present numbers.
    [[nodiscard]] Bytes syn() const;
    [[nodiscard]] Bytes syn_ack() const;
    /// Also moves the sender's next number on by `payload` and FIN.
    Bytes from_client(unsigned flags, std::size_t payload = 0, const OptionsText& extra = {});
    Bytes from_server(unsigned flags, std::size_t payload = 0, const OptionsText& extra = {});
    /// Addresses, tags and ports alone.
    [[nodiscard]] FrameBuilder to_server() const;
    [[nodiscard]] FrameBuilder to_client() const;
    [[nodiscard]] OptionsText offer_of_client() const;
    [[nodiscard]] OptionsText offer_of_server() const;

    /// Remembers the numbers of a SYN-ACK that the client has got.
    void accept(std::uint32_t server_isn, std::uint32_t server_clock_then);
    /// The server has sent its SYN-ACK.
    void answered() { server_next = style_.server_isn + 1; }

    [[nodiscard]] const Style& style() const { return style_; }

    // Sequence numbers, and time stamps where the style has them.
    std::uint32_t client_next = 0;          ///< both ends see the same
    std::uint32_t server_next = 0;          ///< as the server counts
    std::uint32_t server_next_at_client{};  ///< as the client counts
    std::uint32_t client_clock = 1000;      ///< the client's TSval
    std::uint32_t server_clock = 500'000;   ///< the server's TSval
    std::uint32_t server_clock_at_client{};
    static constexpr unsigned kClientWindow = 502;
    static constexpr unsigned kServerWindow = 5000;

  private:
    [[nodiscard]] FrameBuilder between(bool to_server) const;
    [[nodiscard]] std::string address_of_client() const;

    Style style_;
};

}  // namespace synward::test
