// SPDX-License-Identifier: BSD-3-Clause
#include "wire/syn_acks.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/headers.h"
#include "wire/lanes.h"
#include "wire/usual_frame.h"
#include "wire/usual_options.h"

namespace synward::wire {
namespace {

static_assert(std::endian::native == std::endian::little);
/// Four bytes, the first of them the first in memory, as a word.
constexpr std::uint32_t word_of(unsigned first, unsigned second, unsigned third, unsigned fourth) {
    return first | second << 8U | third << 16U | fourth << 24U;
}

/// The first 32 bytes behind Ethernet's header of eight answers, and the next, without checksums:
/// IPv4 header and three words of TCP's; two more of these, and options.
struct Words {
    std::array<Lanes, 8> first;
    std::array<Lanes, 8> second;
};

/// The fourth word of TCP's header, without its window.
constexpr std::uint32_t control_of(std::uint32_t header_length) {
    return word_of(header_length / 4 << 4U, kSyn | kAck, 0, 0);
}

[[gnu::always_inline]] inline Words words_of(const UsualHeaders& syns, const SynAcks& answers,
                                             unsigned place, Lanes has_options) {
    constexpr std::uint32_t kLength = sizeof(Ipv4Header) + sizeof(TcpHeader);
    const auto by_options = [=](std::uint32_t with, std::uint32_t without) {
        return choose(has_options, all_lanes(with), all_lanes(without));
    };
    const auto [head, tail, window, nothing] = columns_of(load_blocks(&answers.words[place]));
    const Lanes promised = window & (answers.have_window ? ~std::uint32_t{0} : 0);
    return {
        .first = {by_options(word_of(0x45, 0, 0, kLength + kLinuxOptionsLength),
                             word_of(0x45, 0, 0, kLength)),
                  all_lanes(word_of(0, 0, kIpv4DontFragment >> 8U, 0)),
                  all_lanes(word_of(kUsualTimeToLive, kProtocolTcp, 0, 0)),
                  load_lanes(&syns.inside[place]), load_lanes(&syns.outside[place]),
                  // From the inside port to the outside one, which is the lower half.
                  bytes_swapped(load_lanes(&syns.ports[place])),
                  bytes_swapped(load_lanes(&answers.sequence[place])),
                  bytes_swapped(load_lanes(&syns.sequence[place]) + 1U)},
        .second = {
            by_options(control_of(kTcpWithLinuxOptions), control_of(sizeof(TcpHeader))) | promised,
            Lanes{}, has_options & head,
            has_options & static_cast<std::uint32_t>(kLinuxOptionsHead.value() >> 32U),
            has_options & bytes_swapped(load_lanes(&answers.timestamp[place])),
            has_options & load_lanes(&syns.timestamp[place]), has_options & tail, Lanes{}}};
}

[[gnu::always_inline]] inline void put_checksums(Words& words, Lanes has_options) {
    LanesChecksum ip;
    for (unsigned number = 0; number < 5; ++number) {
        ip.add(words.first[number]);
    }
    LanesChecksum tcp;
    tcp.add(choose(has_options, all_lanes(word_of(0, kProtocolTcp, 0, kTcpWithLinuxOptions)),
                   all_lanes(word_of(0, kProtocolTcp, 0, sizeof(TcpHeader)))));
    for (unsigned number = 3; number < 8; ++number) {
        tcp.add(words.first[number]);
    }
    for (unsigned number = 0; number < 7; ++number) {
        tcp.add(words.second[number]);
    }
    words.first[2] |= ip.checksum() << 16U;
    words.second[1] = tcp.checksum();
}

/// The first six bytes change places with the next six; the EtherType and two more stay.
[[gnu::always_inline]] inline void turn_ethernet_around(std::uint8_t* frame) {
    using Sixteen = std::uint8_t __attribute__((vector_size(16)));
    Sixteen bytes;
    std::memcpy(&bytes, frame, sizeof bytes);
    bytes =
        __builtin_shufflevector(bytes, bytes, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
    std::memcpy(frame, &bytes, sizeof bytes);
}

// Two pieces of 32 bytes: of the second one, half in the frame's first cache line, in which all of
// a short answer lies.
constexpr std::size_t kFirstAt = kUsualIpOffset;
constexpr std::size_t kSecondAt = kFirstAt + sizeof(Lanes);
constexpr std::size_t kThirdAt = kSecondAt + sizeof(Lanes) / 2;
static_assert(kThirdAt <= 64 && kThirdAt >= kBareSynAckLength);

using Rows = std::array<Lanes, kLanes>;

[[gnu::always_inline]] inline void put_beginning(std::uint8_t* frame, const Lanes& first,
                                                 const Lanes& second) {
    turn_ethernet_around(frame);
    store_lanes(frame + kFirstAt, first);
    std::memcpy(frame + kSecondAt, &second, kThirdAt - kSecondAt);
}
[[gnu::always_inline]] inline void put_end(std::uint8_t* frame, const Lanes& second) {
    std::memcpy(frame + kThirdAt,
                reinterpret_cast<const std::uint8_t*>(&second) + sizeof second / 2,
                sizeof second / 2);
}

/// Eight answers with options.
[[gnu::always_inline]] inline void put_all(const UsualHeaders::Frame* frames, const Rows& first,
                                           const Rows& second) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        put_beginning(frames[lane].bytes, first[lane], second[lane]);
        put_end(frames[lane].bytes, second[lane]);
    }
}

/// `count` answers, of which some have options, by bits.
void put_some(const UsualHeaders::Frame* frames, unsigned count, std::uint64_t have_options,
              const Rows& first, const Rows& second) {
    for (unsigned lane = 0; lane < count; ++lane) {
        put_beginning(frames[lane].bytes, first[lane], second[lane]);
        if (has_place(have_options, lane)) {
            put_end(frames[lane].bytes, second[lane]);
        }
    }
}

}  // namespace

void write_syn_acks(const UsualHeaders& syns, const SynAcks& answers, unsigned first,
                    unsigned count, const UsualHeaders::Frames& frames) {
    for (unsigned done = 0; done < count; done += kLanes) {
        const unsigned place = first + done;
        const std::uint64_t have_options = syns.linux_syns() >> place;
        const Lanes has_options = mask_of(have_options);
        Words words = words_of(syns, answers, place, has_options);
        put_checksums(words, has_options);
        const Rows first_rows = transposed(words.first);
        const Rows second_rows = transposed(words.second);
        if (count - done >= kLanes && (~have_options & 0xffU) == 0) {
            put_all(&frames[place], first_rows, second_rows);
        } else {
            put_some(&frames[place], std::min(kLanes, count - done), have_options, first_rows,
                     second_rows);
        }
    }
}

}  // namespace synward::wire
