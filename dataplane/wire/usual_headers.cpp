// SPDX-License-Identifier: BSD-3-Clause
#include "wire/usual_headers.h"

#include <cstring>

#include "wire/headers.h"
#include "wire/usual_frame.h"
#include "wire/usual_options.h"

namespace synward::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr unsigned kOptionWords = kLinuxOptionsLength / sizeof(std::uint32_t);

/// The headers' words of eight frames as they lie in memory: a word's first byte is its lowest.
struct Headers {
    Lanes type;  ///< the EtherType in its upper half
    std::array<Lanes, 5> ip;
    std::array<Lanes, 5> tcp;
    Lanes first_option;
};

[[gnu::always_inline]] inline Headers headers_of(const UsualHeaders::Frame* frames) {
    const auto eight_words_at = [frames](std::size_t offset) {
        std::array<Lanes, kLanes> rows;
        for (unsigned lane = 0; lane < kLanes; ++lane) {
            rows[lane] = load_lanes(frames[lane].bytes + offset);
        }
        return transposed(rows);
    };
    // Of two pieces that both lie within a frame's first cache line: of the next one, short frames
    // have nothing. They overlap.
    constexpr std::size_t kFirst = kUsualIpOffset - sizeof(std::uint32_t);
    constexpr std::size_t kSecond = kFirst + 5 * sizeof(std::uint32_t);
    static_assert(kSecond + sizeof(Lanes) <= 64);
    const auto first = eight_words_at(kFirst);
    const auto second = eight_words_at(kSecond);
    return {.type = first[0],
            .ip = {first[1], first[2], first[3], first[4], first[5]},
            .tcp = {first[6], first[7], second[3], second[4], second[5]},
            .first_option = second[6]};
}

/// The words of Linux's options behind the first one.
[[gnu::always_inline]] inline std::array<Lanes, 4> further_options_of(
    const UsualHeaders::Frame* frames) {
    constexpr std::size_t kFurther = kUsualTcpOffset + sizeof(TcpHeader) + sizeof(std::uint32_t);
    static_assert(kFurther + kBlock == kUsualTcpOffset + kTcpWithLinuxOptions);
    return columns_of(
        gather_blocks([frames](unsigned lane) { return frames[lane].bytes + kFurther; }));
}

/// `number` as 16 bits lie on the wire, in each lane's lower half.
[[gnu::always_inline]] inline Lanes big_16(Lanes number) {
    return bytes_swapped(number) >> 16U;
}

[[gnu::always_inline]] inline Lanes ip_checksum_is_right(const Headers& headers) {
    LanesChecksum sum;
    for (const Lanes& word : headers.ip) {
        sum.add(word);
    }
    return sum.is_consistent();
}

/// Of segments without data, whose `length` is their header's.
[[gnu::always_inline]] inline LanesChecksum tcp_checksum_without_options(const Headers& headers,
                                                                         Lanes length) {
    LanesChecksum sum;
    sum.add(headers.ip[3]);
    sum.add(headers.ip[4]);
    sum.add(big_16(length + std::uint32_t{kProtocolTcp}));
    for (const Lanes& word : headers.tcp) {
        sum.add(word);
    }
    return sum;
}

/// The word of a pattern that begins at byte `from` of it is `lanes`.
[[gnu::always_inline]] inline Lanes matches(const OptionsPattern& pattern, unsigned from,
                                            Lanes lanes) {
    const auto mask = static_cast<std::uint32_t>(pattern.mask() >> (8 * from));
    const auto value = static_cast<std::uint32_t>(pattern.value() >> (8 * from));
    return equal(lanes & mask, all_lanes(value));
}

/// What eight frames say of their shape.
struct Shape {
    Lanes header_length;   ///< TCP's, bytes
    Lanes payload_length;  ///< bytes
    Lanes flags;
    Lanes is_usual;
};

[[gnu::always_inline]] inline Shape shape_of(const Headers& headers, Lanes frame_length) {
    const Lanes total_length = bytes_swapped(headers.ip[0]) & 0xffffU;
    const Lanes header_length = headers.tcp[3] >> 2U & 0x3cU;
    const Lanes both_headers = header_length + std::uint32_t{sizeof(Ipv4Header)};
    // EtherType; version and header length; all of the fragment field but "don't fragment", and
    // the bit that is reserved (RFC 791 section 3.1); protocol.
    const Lanes difference = ((headers.type >> 16U) ^ 0x0008U) | ((headers.ip[0] & 0xffU) ^ 0x45U) |
                             (headers.ip[1] & 0xff3f'0000U) |
                             ((headers.ip[2] & 0xff00U) ^ std::uint32_t{kProtocolTcp} << 8U);
    return {.header_length = header_length,
            .payload_length = total_length - both_headers,
            .flags = headers.tcp[3] >> 8U & 0xffU,
            .is_usual = equal(difference, Lanes{}) &
                        at_most(all_lanes(sizeof(TcpHeader)), header_length) &
                        at_most(both_headers, total_length) &
                        at_most(total_length + std::uint32_t{kUsualIpOffset}, frame_length)};
}

template <typename Value>
[[gnu::always_inline]] inline void keep(UsualHeaders::Column<Value>& column, unsigned first,
                                        Lanes lanes) {
    static_assert(sizeof(Value) == sizeof lanes[0]);
    store_lanes(&column[first], lanes);
}

/// Where the tuple's addresses lie in a Segment's first 32 bytes, as ipv4_address_of() makes them.
[[gnu::always_inline]] inline std::array<Lanes, 8> address_rows(Lanes outside, Lanes inside) {
    const Lanes mapped = all_lanes(0xffff'0000U);
    return transposed({Lanes{}, Lanes{}, mapped, outside, Lanes{}, Lanes{}, mapped, inside});
}

}  // namespace

std::uint8_t* UsualHeaders::nowhere() {
    static std::array<std::uint8_t, kReach> nothing{};
    return nothing.data();
}

void UsualHeaders::read(Frames& frames, unsigned first, unsigned end, Segment* segments) {
    const unsigned last = (end + kLanes - 1) / kLanes * kLanes;
    for (unsigned place = end; place < last; ++place) {
        frames[place] = {.bytes = nowhere()};
    }
    for (; first < last; first += kLanes) {
        read_eight(&frames[first], first, &segments[first]);
    }
}

[[gnu::always_inline]] inline void UsualHeaders::read_eight(const Frame* frames, unsigned first,
                                                            Segment* segments) {
    static_assert(sizeof(Frame) == 16 && offsetof(Frame, length) == 8 &&
                  offsetof(Frame, from) == 12);
    const auto [bytes_low, bytes_high, length, from] = columns_of(load_blocks(frames));
    const Headers headers = headers_of(frames);
    const Shape shape = shape_of(headers, length);

    // Source and destination by the sides of the box.
    const Lanes is_from_inside = Lanes{} - from;
    const Lanes crossed = (headers.ip[3] ^ headers.ip[4]) & is_from_inside;
    const Lanes outside_address = headers.ip[3] ^ crossed;
    const Lanes inside_address = headers.ip[4] ^ crossed;
    const Lanes source_first = bytes_swapped(headers.tcp[0]);
    const Lanes port_pair =
        choose(is_from_inside, source_first, source_first >> 16U | source_first << 16U);
    const Lanes sequence_number = bytes_swapped(headers.tcp[1]);
    const Lanes acknowledgment_number = bytes_swapped(headers.tcp[2]);
    const Lanes window = bytes_swapped(headers.tcp[3]) & 0xffffU;

    static_assert(offsetof(FourTuple, inside_address) == 16 &&
                  offsetof(FourTuple, outside_port) == 32 &&
                  offsetof(FourTuple, inside_port) == 34);
    static_assert(offsetof(Segment, tuple) == 0 && offsetof(Segment, sequence) == 36 &&
                  offsetof(Segment, acknowledgment) == 40 && offsetof(Segment, window) == 44 &&
                  offsetof(Segment, payload_length) == 46 && offsetof(Segment, tcp_offset) == 48 &&
                  offsetof(Segment, icmp_offset) == 50 && offsetof(Segment, ip_offset) == 52 &&
                  offsetof(Segment, tcp_header_length) == 53 && offsetof(Segment, flags) == 54 &&
                  offsetof(Segment, from) == 55);
    const auto addresses = address_rows(outside_address, inside_address);
    const auto rest = transposed({port_pair, sequence_number, acknowledgment_number,
                                  window | shape.payload_length << 16U, all_lanes(kUsualTcpOffset),
                                  std::uint32_t{kUsualIpOffset} | shape.header_length << 8U |
                                      shape.flags << 16U | from << 24U,
                                  Lanes{}, Lanes{}});
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        auto* const segment = reinterpret_cast<std::uint8_t*>(&segments[lane]);
        store_lanes(segment, addresses[lane]);
        store_lanes(segment + sizeof(Lanes), rest[lane]);
    }
    keep(outside, first, outside_address);
    keep(inside, first, inside_address);
    keep(ports, first, port_pair);
    keep(sequence, first, sequence_number);
    keep(acknowledgment, first, acknowledgment_number);
    const Lanes has_no_options = equal(shape.header_length, all_lanes(sizeof(TcpHeader)));
    const Lanes has_no_data = shape.is_usual & equal(shape.payload_length, Lanes{});
    const Lanes is_bare = has_no_data & has_no_options;
    const Lanes may_be_linux =
        has_no_data & equal(shape.header_length, all_lanes(kTcpWithLinuxOptions));
    const Lanes is_of_client = equal(from, all_lanes(static_cast<std::uint32_t>(Side::kOutside))) &
                               ~equal(outside_address, inside_address) &
                               ~equal(port_pair & 0xffffU, Lanes{});
    const Lanes is_syn = is_of_client & equal(shape.flags, all_lanes(kSyn));
    const Lanes is_ack =
        is_of_client &
        equal(shape.flags & std::uint32_t{kSyn | kFin | kRst | kAck}, all_lanes(kAck)) &
        ~equal(port_pair >> 16U, Lanes{});
    const Lanes ip_is_right = ip_checksum_is_right(headers);
    LanesChecksum sum = tcp_checksum_without_options(headers, shape.header_length);
    const auto add = [first](std::uint64_t& set, Lanes lanes) {
        set |= std::uint64_t{bits_of(lanes)} << first;
    };
    add(usual_, shape.is_usual);
    add(bare_acks_, shape.is_usual & has_no_options & is_ack);
    const Lanes is_right = is_bare & ip_is_right & sum.is_consistent();
    add(right_, is_right);
    add(bare_syns_, is_right & is_syn);
    if (bits_of(may_be_linux) != 0) {
        const auto options = further_options_of(frames);
        sum.add(headers.first_option);
        for (const Lanes& word : options) {
            sum.add(word);
        }
        const Lanes is_long_and_right = may_be_linux & ip_is_right & sum.is_consistent();
        add(right_, is_long_and_right);
        add(linux_syns_, is_long_and_right & is_syn &
                             matches(kLinuxOptionsHead, 0, headers.first_option) &
                             matches(kLinuxOptionsHead, 4, options[0]) &
                             matches(kLinuxOptionsTail, 4, options[3]));
        keep(options_head, first, headers.first_option);
        keep(timestamp, first, options[1]);
        keep(options_tail, first, options[3]);
    }
}

void UsualHeaders::move(unsigned from, unsigned to) {
    const auto move_value = [=](auto& column) { column[to] = column[from]; };
    move_value(outside);
    move_value(inside);
    move_value(ports);
    move_value(sequence);
    move_value(acknowledgment);
    move_value(options_head);
    move_value(timestamp);
    move_value(options_tail);
    move_place(usual_, from, to);
    move_place(right_, from, to);
    move_place(linux_syns_, from, to);
    move_place(bare_syns_, from, to);
    move_place(bare_acks_, from, to);
}

}  // namespace synward::wire
