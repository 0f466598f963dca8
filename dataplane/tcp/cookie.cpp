// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/cookie.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>

#include "tcp/cookie_format.h"

namespace synward::tcp {
namespace {

// ---- Seven bits: the options in a cookie without timestamps ------------------------------------
//
// Few clients offer no timestamps, and nearly all that do not (Windows) offer SACK and a window
// scale but no ECN, so these get half of the codes. A client without SACK has a small stack or a
// middlebox in its way: a window scale above 8 (windows of 16 MiB) does nothing for it.

constexpr std::uint8_t kScales = kNoWindowScale + 1;  ///< 0-14 and none
constexpr std::uint8_t kScalesWithoutSack = 10;       ///< 0-8 and none
constexpr std::uint8_t kScalesOfSmall = 1;            ///< none

/// Codes that differ in MSS and window scale alone: `mss.size()` times `scales` of them.
struct CodeRange {
    unsigned first;
    unsigned scales;  ///< 0 to scales - 2, and none
    bool sack;
    bool ecn;
    std::span<const std::uint16_t> mss;  ///< rising

    [[nodiscard]] constexpr unsigned end() const {
        return first + static_cast<unsigned>(mss.size()) * scales;
    }
};

enum RangeIndex : std::size_t { kSack, kSackAndEcn, kNoSack, kSmall, kRangeCount };
using Dictionary = std::array<CodeRange, kRangeCount>;

constexpr Dictionary make_dictionary(std::span<const std::uint16_t> sack,
                                     std::span<const std::uint16_t> sack_and_ecn,
                                     std::span<const std::uint16_t> no_sack,
                                     std::span<const std::uint16_t> small) {
    Dictionary ranges{{{0, kScales, true, false, sack},
                       {0, kScales, true, true, sack_and_ecn},
                       {0, kScalesWithoutSack, false, false, no_sack},
                       {0, kScalesOfSmall, false, false, small}}};
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        ranges[i].first = ranges[i - 1].end();
    }
    return ranges;
}

// The four values are those of Linux's cookies, after S. Alcock and R. Nelson, "An Analysis of TCP
// Maximum Segment Sizes" (2011): 1460 the most frequent, 15-20 % within 1300-1349, less than 0.2 %
// below 536. Where there is room for fewer, the top one is what fits a PPPoE link's 1452 as well:
// it costs a client of 1460 1.4 %, and spares that of 1452 the fall to 1300. IPv6: 1220 is its
// minimum MTU's (RFC 8200 section 5), 1360 WireGuard's, 1420 a tunnel's over IPv4.
constexpr std::uint16_t kIpv4Sack[]{536, 1300, 1440, 1460};
constexpr std::uint16_t kIpv4SackAndEcn[]{1300, 1440};
constexpr std::uint16_t kIpv4NoSack[]{536, 1300, 1440};
constexpr std::uint16_t kIpv4Small[]{48, 256};
constexpr std::uint16_t kIpv6Sack[]{1220, 1360, 1420, 1440};
constexpr std::uint16_t kIpv6SackAndEcn[]{1220, 1420};
constexpr std::uint16_t kIpv6NoSack[]{1220, 1360, 1420};
constexpr std::uint16_t kIpv6Small[]{48, 536};

constexpr Dictionary kIpv4 = make_dictionary(kIpv4Sack, kIpv4SackAndEcn, kIpv4NoSack, kIpv4Small);
constexpr Dictionary kIpv6 = make_dictionary(kIpv6Sack, kIpv6SackAndEcn, kIpv6NoSack, kIpv6Small);

constexpr std::uint32_t kCodes = 128;
static_assert(kIpv4[kSmall].end() == kCodes && kIpv6[kSmall].end() == kCodes);

constexpr const Dictionary& dictionary(bool is_ipv4) {
    return is_ipv4 ? kIpv4 : kIpv6;
}

constexpr const CodeRange& range_for(const ClientOptions& options, const Dictionary& ranges) {
    if (options.mss < ranges[kNoSack].mss.front()) {
        return ranges[kSmall];
    }
    if (!options.sack) {
        return ranges[kNoSack];
    }
    const bool with_ecn = options.ecn && options.mss >= ranges[kSackAndEcn].mss.front();
    return ranges[with_ecn ? kSackAndEcn : kSack];
}

/// Options as seven bits can say them.
struct Encoded {
    std::uint32_t code;
    ClientOptions options;  ///< what options_of_code() makes of it
};

constexpr Encoded encoded(const ClientOptions& options, bool is_ipv4) {
    const CodeRange& range = range_for(options, dictionary(is_ipv4));
    unsigned mss = static_cast<unsigned>(range.mss.size()) - 1;
    while (mss > 0 && range.mss[mss] > options.mss) {
        --mss;
    }
    const unsigned none = range.scales - 1;
    const bool scaled = options.window_scale < kNoWindowScale && none > 0;
    const unsigned scale = scaled ? std::min<unsigned>(options.window_scale, none - 1) : none;
    return {.code = range.first + mss * range.scales + scale,
            .options = {.mss = range.mss[mss],
                        .window_scale = scaled ? static_cast<std::uint8_t>(scale) : kNoWindowScale,
                        .sack = range.sack,
                        .ecn = range.ecn}};
}

ClientOptions options_of_code(std::uint32_t code, bool is_ipv4) {
    const Dictionary& ranges = dictionary(is_ipv4);
    const CodeRange& range =
        *std::find_if(ranges.begin(), ranges.end() - 1,
                      [code](const CodeRange& candidate) { return code < candidate.end(); });
    const unsigned scale = (code - range.first) % range.scales;
    return {
        .mss = range.mss[(code - range.first) / range.scales],
        .window_scale =
            scale == range.scales - 1 ? kNoWindowScale : static_cast<std::uint8_t>(scale),
        .sack = range.sack,
        .ecn = range.ecn,
    };
}

// ---- 32 bits: the options in a TSval -----------------------------------------------------------

std::uint32_t timestamp_value_of(const ClientOptions& options, Epoch epoch) {
    return std::min(options.window_scale, kNoWindowScale) | (options.sack ? kSackBit : 0) |
           (options.ecn ? kEcnBit : 0) |
           std::min<std::uint32_t>(options.mss, kMssMask) << kMssShift |
           epoch << kTimestampEpochShift;
}

ClientOptions options_of_timestamp_value(std::uint32_t value) {
    return {
        .mss = static_cast<std::uint16_t>(value >> kMssShift & kMssMask),
        .window_scale = static_cast<std::uint8_t>(value & 0xf),
        .sack = (value & kSackBit) != 0,
        .ecn = (value & kEcnBit) != 0,
    };
}

// ---- The MAC -----------------------------------------------------------------------------------

/// No tuple's first block looks like this, should one secret ever serve for both.
constexpr std::uint64_t kKeyDerivation = std::uint64_t{3} << 56;

std::uint32_t first_hash(const Block& tuple) {
    return static_cast<std::uint32_t>(tuple.low);
}

/// The 24 bits H2 of a cookie without timestamps.
std::uint32_t second_hash(const Aes128& key, const Block& tuple, wire::SequenceNumber client_isn) {
    const Block plain = tuple ^ Block { client_isn.value(), kWithoutTimestamps };
    return static_cast<std::uint32_t>(key.encrypt(plain).low) & kMacMask;
}

wire::SequenceNumber timestamp_mac(const Aes128& key, const Block& tuple,
                                   wire::SequenceNumber client_isn, std::uint32_t value) {
    const Block plain =
        tuple ^ Block { client_isn.value() | std::uint64_t{value} << 32, kWithTimestamps };
    return wire::SequenceNumber{static_cast<std::uint32_t>(key.encrypt(plain).low)};
}

/// (epoch << 24) + the 24 bits of MAC and options.
std::uint32_t without_first_hash(const Block& tuple, wire::SequenceNumber client_isn,
                                 wire::SequenceNumber cookie) {
    return cookie.value() - first_hash(tuple) - client_isn.value();
}

Aes128 derived_key(const Aes128& master, Epoch epoch) {
    return Aes128{std::bit_cast<Secret>(master.encrypt({epoch, kKeyDerivation}))};
}

}  // namespace

CookieKeys::CookieKeys(const Secret& master, Epoch now)
    : master_{master},
      epoch_{now},
      keys_{derived_key(master_, now % 2 == 0 ? now : now - 1),
            derived_key(master_, now % 2 == 0 ? now - 1 : now)} {}

void CookieKeys::advance(Epoch now) {
    if (now <= epoch_) {
        return;
    }
    if (now - epoch_ > 1) {
        keys_[(now - 1) % 2] = derived_key(master_, now - 1);
    }
    keys_[now % 2] = derived_key(master_, now);
    epoch_ = now;
}

ClientOptions CookieKeys::carried(const ClientOptions& offered, bool is_ipv4, bool timestamps) {
    return timestamps ? options_of_timestamp_value(timestamp_value_of(offered, 0))
                      : encoded(offered, is_ipv4).options;
}

std::uint32_t CookieKeys::code_of_no_options() {
    constexpr std::uint32_t kCode = encoded({.mss = kDefaultMssIpv4}, true).code;
    return kCode;
}

Cookie CookieKeys::issue(const Block& tuple, bool is_ipv4, wire::SequenceNumber client_isn,
                         const ClientOptions& options, bool timestamps) const {
    const Aes128& key = key_of(epoch_);
    if (timestamps) {
        const std::uint32_t value = timestamp_value_of(options, epoch_);
        return {timestamp_mac(key, tuple, client_isn, value), value};
    }
    const std::uint32_t code = encoded(options, is_ipv4).code;
    return {client_isn + first_hash(tuple) + (epoch_ << kEpochShift) +
            ((second_hash(key, tuple, client_isn) + code) & kMacMask)};
}

std::optional<Epoch> CookieKeys::claimed_epoch(const Block& tuple, wire::SequenceNumber client_isn,
                                               wire::SequenceNumber cookie,
                                               std::optional<std::uint32_t> echoed) const {
    const Epoch claim = echoed ? *echoed >> kTimestampEpochShift
                               : without_first_hash(tuple, client_isn, cookie) >> kEpochShift;
    const Epoch mask = echoed ? kTimestampEpochMask : kEpochMask;
    const Epoch age = (epoch_ - claim) & mask;
    if (age > 1 || age > epoch_) {
        return std::nullopt;
    }
    return epoch_ - age;
}

std::optional<ClientOptions> CookieKeys::redeem(const Block& tuple, bool is_ipv4,
                                                wire::SequenceNumber client_isn,
                                                wire::SequenceNumber cookie,
                                                std::optional<std::uint32_t> echoed) const {
    const auto epoch = claimed_epoch(tuple, client_isn, cookie, echoed);
    if (!epoch) {
        return std::nullopt;
    }
    const Aes128& key = key_of(*epoch);
    if (echoed) {
        if (timestamp_mac(key, tuple, client_isn, *echoed) != cookie) {
            return std::nullopt;
        }
        return options_of_timestamp_value(*echoed);
    }
    const std::uint32_t low = without_first_hash(tuple, client_isn, cookie);
    const std::uint32_t code = (low - second_hash(key, tuple, client_isn)) & kMacMask;
    if (code >= kCodes) {
        return std::nullopt;
    }
    return options_of_code(code, is_ipv4);
}

}  // namespace synward::tcp
