// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/cookie.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>

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
//
// From bit 0: window scale (4), SACK (1), ECN (1), MSS (14), epoch (12). The epoch is on top so
// that the value grows with time, as timestamps must (RFC 7323 section 4.3).

constexpr std::uint32_t kSackBit = 1U << 4;
constexpr std::uint32_t kEcnBit = 1U << 5;
constexpr unsigned kMssShift = 6;
constexpr std::uint32_t kMssMask = (1U << 14) - 1;
constexpr unsigned kTimestampEpochShift = 20;
constexpr Epoch kTimestampEpochMask = (1U << 12) - 1;

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
//
// One AES run with the epoch's key over the tuple's hash X, with the client's ISN and the TSval
// added into X.low and the cookie's form into the top of X.high. Two different inputs of one tuple
// never meet, and those of two tuples only where their X.high do (2^-64 for each pair, nothing of
// it ever being sent), so over secret X this is as good as a MAC over all the fields. H1, of which
// the sequence numbers show a forger who knows his own cookies some bits, is X.low's: it tells him
// nothing of X.high, and nothing of the X of a tuple whose SYN-ACKs he does not see.

constexpr std::uint64_t kWithoutTimestamps = std::uint64_t{1} << 56;
constexpr std::uint64_t kWithTimestamps = std::uint64_t{2} << 56;
/// No tuple's first block looks like this, should one secret ever serve for both.
constexpr std::uint64_t kKeyDerivation = std::uint64_t{3} << 56;

constexpr unsigned kEpochShift = 24;
constexpr Epoch kEpochMask = 0xff;
constexpr std::uint32_t kMacMask = (1U << kEpochShift) - 1;

std::uint32_t first_hash(const Block& tuple) {
    return static_cast<std::uint32_t>(tuple.low);
}

/// Of which the 24 bits H2 of a cookie without timestamps are made.
Block second_hash_block(const Block& tuple, wire::SequenceNumber client_isn) {
    return tuple ^ Block { client_isn.value(), kWithoutTimestamps };
}
std::uint32_t second_hash(const Aes128& key, const Block& tuple, wire::SequenceNumber client_isn) {
    return static_cast<std::uint32_t>(key.encrypt(second_hash_block(tuple, client_isn)).low) &
           kMacMask;
}

Block timestamp_mac_block(const Block& tuple, wire::SequenceNumber client_isn,
                          std::uint32_t value) {
    return tuple ^ Block { client_isn.value() | std::uint64_t{value} << 32, kWithTimestamps };
}
wire::SequenceNumber timestamp_mac(const Aes128& key, const Block& tuple,
                                   wire::SequenceNumber client_isn, std::uint32_t value) {
    return wire::SequenceNumber{
        static_cast<std::uint32_t>(key.encrypt(timestamp_mac_block(tuple, client_isn, value)).low)};
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

CookieDraft CookieKeys::draft_with_timestamps(const Block& tuple, wire::SequenceNumber client_isn,
                                              const ClientOptions& options) const {
    const std::uint32_t value = timestamp_value_of(options, epoch_);
    return {.plain = timestamp_mac_block(tuple, client_isn, value),
            .mask = ~std::uint32_t{0},
            .timestamp_value = value};
}

CookieDraft CookieKeys::draft_without_options(const Block& tuple,
                                              wire::SequenceNumber client_isn) const {
    constexpr std::uint32_t kCode = encoded({.mss = kDefaultMssIpv4}, true).code;
    return draft_of_code(tuple, client_isn, kCode);
}

CookieDraft CookieKeys::draft_of_code(const Block& tuple, wire::SequenceNumber client_isn,
                                      std::uint32_t code) const {
    return {.plain = second_hash_block(tuple, client_isn),
            .base = client_isn + first_hash(tuple) + (epoch_ << kEpochShift),
            .code = code,
            .mask = kMacMask};
}

CookieDraft CookieKeys::draft(const Block& tuple, bool is_ipv4, wire::SequenceNumber client_isn,
                              const ClientOptions& options, bool timestamps) const {
    if (timestamps) {
        return draft_with_timestamps(tuple, client_isn, options);
    }
    return draft_of_code(tuple, client_isn, encoded(options, is_ipv4).code);
}

Cookie CookieKeys::issue(const Block& tuple, bool is_ipv4, wire::SequenceNumber client_isn,
                         const ClientOptions& options, bool timestamps) const {
    const CookieDraft made = draft(tuple, is_ipv4, client_isn, options, timestamps);
    return {made.sequence(key_of(epoch_).encrypt(made.plain)), made.timestamp_value};
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
