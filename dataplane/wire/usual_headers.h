// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/endian.h"
#include "wire/lanes.h"
#include "wire/places.h"
#include "wire/segment.h"

namespace synward::wire {

/// What is known of the headers of up to 64 frames that come together, eight at once: of those that
/// are usual (wire/usual_frame.h) and lie in one piece, as nearly all do. Places are frames; sets
/// of them are bits. One worker's thread.
class UsualHeaders {
  public:
    static constexpr unsigned kMost = 64;
    /// How many bytes from a frame's first on are read and, where it is answered, written, whatever
    /// its length: Ethernet, IPv4, TCP and Linux's options, and four bytes.
    static constexpr std::size_t kReach = 78;

    /// Where what is read of frames that are too short may be read instead: of no EtherType that is
    /// usual. It stays as it is.
    static std::uint8_t* nowhere();

    /// A frame to be read. Its beginning lies in memory of at least kReach bytes.
    struct Frame {
        std::uint8_t* bytes = nullptr;
        std::uint32_t length = 0;  ///< of its first piece
        std::uint32_t from = 0;    ///< a Side
    };
    /// As many as are read, and those that belong to their last eight.
    using Frames = std::array<Frame, kMost>;

    /// A value for each frame that is usual; what lies beyond them is for whoever reads eight.
    template <typename Value>
    using Column = std::array<Value, kMost + kLanes>;

    /// Nothing is known of any frame.
    void clear() { usual_ = right_ = linux_syns_ = bare_syns_ = bare_acks_ = 0; }
    /// Reads the `frames` from number `first`, a multiple of eight, to before `end`. Their segments
    /// are left in `segments` if they are usual() as parse() would. The rest of their last eight is
    /// written to as well, of both.
    [[gnu::hot]] void read(Frames& frames, unsigned first, unsigned end, Segment* segments);

    /// What parse() would find to be TCP: untagged, IPv4 without options, well-formed.
    [[nodiscard]] std::uint64_t usual() const { return usual_; }
    /// Of them, those whose checksums, IPv4's and TCP's, have been found right. Of segments that
    /// have data, or options of another length than Linux's SYNs, nothing is found.
    [[nodiscard]] std::uint64_t right() const { return right_; }
    /// Of those, SYNs from the outside without any other flag, from no forbidden address or port:
    /// with Linux's options, and with none.
    [[nodiscard]] std::uint64_t linux_syns() const { return linux_syns_; }
    [[nodiscard]] std::uint64_t bare_syns() const { return bare_syns_; }

    /// Of usual() ones, whatever their checksums and data are: ACKs from the outside, without
    /// SYN, FIN, RST and options, and with no forbidden address or port.
    [[nodiscard]] std::uint64_t bare_acks() const { return bare_acks_; }

    [[nodiscard]] std::uint16_t inside_port(unsigned place) const {
        return static_cast<std::uint16_t>(ports[place] >> 16U);
    }

    /// A frame, with all that is known of it, moves to an earlier place.
    void move(unsigned from, unsigned to);

    // Of usual() frames.
    alignas(Lanes) Column<Big32> outside;  ///< IPv4 address
    Column<Big32> inside;
    Column<std::uint32_t> ports;  ///< in host byte order, the outside one in the lower half
    Column<std::uint32_t> sequence;
    Column<std::uint32_t> acknowledgment;

    // Of linux_syns(): pieces of LinuxOptionsText.
    Column<Big32> options_head;
    Column<Big32> timestamp;  ///< TSval
    Column<Big32> options_tail;

  private:
    void read_eight(const Frame* frames, unsigned first, Segment* segments);

    std::uint64_t usual_ = 0;
    std::uint64_t right_ = 0;
    std::uint64_t linux_syns_ = 0;
    std::uint64_t bare_syns_ = 0;
    std::uint64_t bare_acks_ = 0;
};

}  // namespace synward::wire
