// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tcp/aes128.h"
#include "tcp/time.h"
#include "wire/sequence_number.h"

namespace synward::defense {

/// The SYNs that were answered with a cookie a moment ago, so that the SYN-ACK can be sent again
/// when the third segment does not come: a client of a server that speaks first would wait for ever
/// otherwise (RFC 4987 section 3.6). What is kept is the SYN-ACK itself, byte for byte.
///
/// One ring for each retransmission: all that lies in a ring waits equally long, so that its order
/// is that of time, and nothing has to be searched. The oldest goes when a ring is full. While
/// challenges come so fast that everything would be overwritten before its time, nothing is
/// written at all, which leaves the same: under a flood a SYN costs a few instructions here.
///
/// An index by the hash of the four-tuple, one place for each hash, finds what a client has
/// redeemed, reset or asked anew. A newer SYN may take an older one's place in the index: that one
/// can no longer be found, and is sent again or not as its flow tells.
///
/// One worker's thread; allocates at construction only.
class RememberedSyns {
  public:
    /// Stands for no SYN.
    static constexpr std::uint32_t kNone = 0xffff'ffff;
    /// RFC 6298 section 2.1; doubles each time.
    static constexpr tcp::Duration kFirstDelay = std::chrono::seconds{1};
    static constexpr unsigned kMostRetransmissions = 5;
    /// Two VLAN tags, IPv6, TCP and all options of a SYN-ACK: 22 + 40 + 20 + 20.
    static constexpr std::size_t kFrameRoom = 104;

    /// Two cache lines.
    struct alignas(64) Entry {
        tcp::Time due;
        std::uint64_t hash = 0;               ///< zero: forgotten
        wire::SequenceNumber acknowledgment;  ///< the client's ISN plus one
        std::uint16_t port_id = 0;            ///< DPDK's number of the port to send on
        std::uint8_t length = 0;              ///< of the frame; zero: none was kept
        std::array<std::uint8_t, kFrameRoom> frame{};

        [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {frame.data(), length}; }
    };
    static_assert(sizeof(Entry) == 128);

    /// Room for `syns` in all, half of them for the first retransmission; rounded up to as many as
    /// a batch needs. `retransmissions`: 0-kMostRetransmissions. Zero of either: remembers nothing.
    RememberedSyns(std::uint32_t syns, unsigned retransmissions);

    /// Remembers the SYN that is being answered and returns its number, under which keep_frame()
    /// leaves the answer before the batch ends; or kNone. An older SYN with the same `hash` (of the
    /// four-tuple) is forgotten.
    std::uint32_t remember(const tcp::Block& hash, wire::SequenceNumber acknowledgment,
                           tcp::Time now) {
        return remembers_more(1, now) ? add(hash, acknowledgment, now) : kNone;
    }
    /// remember() for `count` SYNs at once, in two steps: this, and, if it is true, add() for each.
    bool remembers_more(std::uint32_t count, tcp::Time now) {
        asked_ += count;
        if (now >= period_end_) [[unlikely]] {
            begin_period(now);
        }
        if (is_saturated_) {
            rings_[0].drop_oldest(count);
        }
        return !is_saturated_ && retransmissions_ != 0;
    }
    std::uint32_t add(const tcp::Block& hash, wire::SequenceNumber acknowledgment, tcp::Time now);
    /// The SYN-ACK as it leaves by port `port_id`. `frame` has kFrameRoom bytes, whatever is behind
    /// its `length`; a longer frame is not kept.
    void keep_frame(std::uint32_t number, const std::uint8_t* frame, std::uint32_t length,
                    std::uint16_t port_id);

    /// Whether forget() would find something.
    [[nodiscard]] bool remembers(const tcp::Block& hash,
                                 wire::SequenceNumber acknowledgment) const {
        return find(hash, acknowledgment) != nullptr;
    }
    /// The client has redeemed its cookie or does not want the connection: nothing is sent again.
    /// `acknowledgment`, what the SYN-ACK acknowledged, must fit. When the SYN-ACK was sent, if
    /// that is known and it was sent only once.
    std::optional<tcp::Time> forget(const tcp::Block& hash, wire::SequenceNumber acknowledgment);

    /// Takes out the next SYN-ACK whose time has come, of a SYN that was not forgotten; nullptr
    /// where there is none or all of `places`, which counts down, have been looked at. Valid until
    /// the next call.
    const Entry* take_due(tcp::Time now, unsigned& places);
    /// What take_due() gave last has been sent: it waits for its next time, if it has one.
    void wait_again(tcp::Time now);

    /// SYNs that wait, those forgotten meanwhile included.
    [[nodiscard]] std::uint32_t size() const;
    /// Whether challenges come too fast to be remembered.
    [[nodiscard]] bool is_saturated() const { return is_saturated_; }

  private:
    /// A stretch of `entries_`.
    struct Ring {
        std::uint32_t first = 0;
        std::uint32_t capacity = 0;
        std::uint32_t next = 0;  ///< the place to be written next, within the ring
        std::uint32_t count = 0;

        void drop_oldest(std::uint32_t number = 1) { count -= std::min(count, number); }
        [[nodiscard]] std::uint32_t oldest() const {
            return first + (next >= count ? next - count : next + capacity - count);
        }
        /// The place for a new one; the oldest has gone if there was no room.
        std::uint32_t push() {
            const std::uint32_t place = first + next;
            next = next + 1 == capacity ? 0 : next + 1;
            count += count != capacity ? 1 : 0;
            return place;
        }
    };
    // How often in kFirstDelay it is decided whether to remember at all.
    static constexpr int kPeriods = 8;

    void begin_period(tcp::Time now);
    [[nodiscard]] const Entry* find(const tcp::Block& hash,
                                    wire::SequenceNumber acknowledgment) const;
    static std::uint64_t mark(const tcp::Block& hash) { return hash.low | 1U; }
    [[nodiscard]] std::uint32_t& indexed(std::uint64_t mark) { return index_[index_of(mark)]; }
    [[nodiscard]] std::size_t index_of(std::uint64_t mark) const {
        return (mark >> 1U) & (index_.size() - 1);
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> index_;  ///< places in entries_; a power of two
    std::array<Ring, kMostRetransmissions> rings_{};
    unsigned retransmissions_;
    bool is_saturated_ = false;
    bool has_overwritten_ = false;  ///< since the period began
    std::uint32_t asked_ = 0;       ///< the same
    tcp::Time period_end_;
    Entry taken_;
    unsigned taken_from_ = 0;  ///< the ring
};

}  // namespace synward::defense
