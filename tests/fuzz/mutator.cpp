// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/mutator.h"

#include <algorithm>
#include <array>

#include "fuzz/layout.h"

namespace synward::fuzz {
namespace {

using test::Bytes;

constexpr std::size_t kLongestFrame = 4000;

}  // namespace

void Mutator::mutate(Bytes& frame, const Bytes& other) {
    if (random_.one_in(16)) {
        return;
    }
    do {
        mutate_once(frame, other);
    } while (random_.one_in(2));
    if (random_.one_in(4)) {
        fix_lengths(frame);
    }
    if (random_.one_in(2)) {
        fix_checksums(frame);
    }
}

void Mutator::mutate_once(Bytes& frame, const Bytes& other) {
    const Layout layout{frame};
    switch (random_.below(4)) {
        case 0:
            return layout.has_ip ? aim_at_ip(frame) : blind(frame, other);
        case 1:
        case 2:
            return layout.has_tcp ? aim_at_tcp(frame) : blind(frame, other);
        default:
            return blind(frame, other);
    }
}

std::uint8_t Mutator::interesting() {
    constexpr std::array<std::uint8_t, 12> kValues{0,  1,  4,    5,    6,    0x0f,
                                                   40, 60, 0x7f, 0x80, 0xfe, 0xff};
    return kValues[random_.below(kValues.size())];
}

void Mutator::blind(Bytes& frame, const Bytes& other) {
    if (frame.empty()) {
        frame = other;
        return;
    }
    const std::size_t at = random_.below(frame.size());
    const auto position = frame.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random_.below(8)) {
        case 0:
        case 1:
            frame[at] = static_cast<std::uint8_t>(frame[at] ^ (1U << random_.below(8)));
            break;
        case 2:
            frame[at] = random_.byte();
            break;
        case 3:
            frame[at] = interesting();
            break;
        case 4:
            frame.resize(at);
            break;
        case 5:
            if (frame.size() < kLongestFrame) {
                frame.insert(position, 1 + random_.below(40), random_.byte());
            }
            break;
        case 6:
            frame.erase(
                position,
                position + static_cast<std::ptrdiff_t>(
                               1 + random_.below(std::min<std::size_t>(40, frame.size() - at))));
            break;
        default:
            // This frame's front, the other's back.
            if (at < other.size()) {
                frame.resize(at);
                frame.insert(frame.end(), other.begin() + static_cast<std::ptrdiff_t>(at),
                             other.end());
            }
            break;
    }
}

void Mutator::aim_at_ip(Bytes& frame) {
    const Layout layout{frame};
    const std::size_t ip = layout.ip;
    switch (random_.below(5)) {
        case 0:  // version, header length
            frame[ip] = layout.is_ipv4 && random_.one_in(2)
                            ? static_cast<std::uint8_t>(0x40U | random_.below(16))
                            : random_.byte();
            break;
        case 1: {  // total or payload length, by a little or at all
            const std::size_t length = ip + (layout.is_ipv4 ? 2U : 4U);
            frame[length + 1] =
                static_cast<std::uint8_t>(frame[length + 1] + random_.below(16) - 8);
            frame[length] = random_.one_in(4) ? random_.byte() : frame[length];
            break;
        }
        case 2:  // fragment fields, or the chain of extension headers
            frame[layout.is_ipv4 ? ip + 6 + random_.below(2)
                                 : std::min(ip + 40 + random_.below(24), frame.size() - 1)] =
                interesting();
            break;
        case 3: {  // protocol, next header
            constexpr std::array<std::uint8_t, 9> kProtocols{0, 6, 17, 43, 44, 51, 58, 60, 135};
            frame[ip + (layout.is_ipv4 ? 9U : 6U)] = kProtocols[random_.below(kProtocols.size())];
            break;
        }
        default: {  // an address
            const std::size_t first = layout.is_ipv4 ? 12 : 8;
            const std::size_t count = layout.is_ipv4 ? 8 : 32;
            frame[ip + first + random_.below(count)] = random_.byte();
            break;
        }
    }
}

void Mutator::aim_at_tcp(Bytes& frame) {
    const Layout layout{frame};
    const std::size_t tcp = layout.tcp;
    switch (random_.below(8)) {
        case 0:
            frame[tcp + 12] = static_cast<std::uint8_t>(random_.below(16) << 4U | random_.below(2));
            break;
        case 1:
            frame[tcp + 13] = static_cast<std::uint8_t>(frame[tcp + 13] ^ (1U << random_.below(8)));
            break;
        case 2:
            frame[tcp + 13] = random_.byte();
            break;
        case 3:
            shift_number(frame, tcp + 4);
            break;
        case 4:
            shift_number(frame, tcp + 8);
            break;
        case 5:
            frame[tcp + 14 + random_.below(2)] = random_.byte();
            break;
        case 6:
            frame[tcp + random_.below(4)] = interesting();
            break;
        default: {
            const std::size_t header = (frame[tcp + 12] >> 4U) * 4U;
            scramble_options(frame, tcp + 20, std::min(tcp + header, frame.size()));
            break;
        }
    }
}

void Mutator::scramble_options(Bytes& frame, std::size_t start, std::size_t end) {
    constexpr std::array<std::uint8_t, 10> kKinds{0, 1, 2, 3, 4, 5, 8, 30, 34, 254};
    for (std::size_t at = start; at + 1 < end;) {
        frame[at] = kKinds[random_.below(kKinds.size())];
        const std::size_t length = random_.below(12);
        frame[at + 1] = static_cast<std::uint8_t>(length);
        at += std::max<std::size_t>(1, random_.one_in(4) ? random_.below(12) : length);
    }
}

void Mutator::shift_number(Bytes& frame, std::size_t position) {
    std::uint32_t value = 0;
    for (std::size_t octet = 0; octet < 4; ++octet) {
        value = value << 8U | frame[position + octet];
    }
    // Around a neighbour, a window, half of all numbers.
    constexpr std::array<std::uint32_t, 5> kDistances{4, 2000, 70'000, 0x4000'0000, 0x8000'0000};
    const std::size_t distance = kDistances[random_.below(kDistances.size())];
    value += static_cast<std::uint32_t>(random_.below(distance * 2) - distance);
    for (std::size_t octet = 0; octet < 4; ++octet) {
        frame[position + octet] = static_cast<std::uint8_t>(value >> (24 - octet * 8));
    }
}

}  // namespace synward::fuzz
