// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/cookie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <set>
#include <tuple>

#include "cookie_fixture.h"

namespace synward::tcp {
namespace {

/// Calls `check` with every combination of options and every `mss_step`th MSS.
template <typename Check>
void for_all_options(std::uint32_t mss_step, Check check) {
    for (std::uint32_t mss = 0; mss <= 0xffff; mss += mss_step) {
        for (std::uint8_t window_scale = 0; window_scale <= kNoWindowScale; ++window_scale) {
            for (const bool sack : {false, true}) {
                for (const bool ecn : {false, true}) {
                    check(ClientOptions{static_cast<std::uint16_t>(mss), window_scale, sack, ecn});
                }
            }
        }
    }
}

TEST(Cookie, GivesBackWhatItSaysItCarries) {
    const CookieKeys keys{kMaster, kNow};
    std::mt19937_64 random{1};
    for_all_options(7, [&](const ClientOptions& options) {
        for (const bool is_ipv4 : {true, false}) {
            for (const bool timestamps : {true, false}) {
                const Block tuple{random(), random()};
                const SequenceNumber isn{static_cast<std::uint32_t>(random())};
                const Cookie cookie = keys.issue(tuple, is_ipv4, isn, options, timestamps);
                ASSERT_EQ(
                    keys.redeem(tuple, is_ipv4, isn, cookie.sequence, echo_of(cookie, timestamps)),
                    CookieKeys::carried(options, is_ipv4, timestamps));
            }
        }
    });
}

TEST(Cookie, CarriesEverythingExactWithTimestamps) {
    for_all_options(1, [](const ClientOptions& options) {
        ClientOptions expected = options;
        expected.mss = std::min<std::uint16_t>(options.mss, 16383);
        ASSERT_EQ(CookieKeys::carried(options, true, true), expected);
        ASSERT_EQ(CookieKeys::carried(options, false, true), expected);
    });
}

TEST(Cookie, CarriesNoMoreThanWasOfferedWithoutTimestamps) {
    for (const bool is_ipv4 : {true, false}) {
        std::set<std::tuple<std::uint16_t, std::uint8_t, bool, bool>> carried_options;
        for_all_options(1, [&](const ClientOptions& offered) {
            const ClientOptions carried = CookieKeys::carried(offered, is_ipv4, false);
            carried_options.emplace(carried.mss, carried.window_scale, carried.sack, carried.ecn);
            ASSERT_LE(carried.mss, std::max<std::uint16_t>(offered.mss, 48));
            ASSERT_LE(carried.sack, offered.sack);
            ASSERT_LE(carried.ecn, offered.ecn);
            if (carried.window_scale != kNoWindowScale) {
                ASSERT_LE(carried.window_scale, offered.window_scale);
                ASSERT_NE(offered.window_scale, kNoWindowScale);
            }
            // Carrying once more changes nothing: the caller may store either.
            ASSERT_EQ(CookieKeys::carried(carried, is_ipv4, false), carried);
        });
        EXPECT_EQ(carried_options.size(), 128U);
    }
}

struct Rounding {
    const char* client;
    bool is_ipv4;
    ClientOptions offered;
    ClientOptions carried;
};

constexpr std::uint8_t kNone = kNoWindowScale;
constexpr Rounding kRoundings[]{
    {"Windows", true, {1460, 8, true, false}, {1460, 8, true, false}},
    {"Windows behind PPPoE", true, {1452, 8, true, false}, {1440, 8, true, false}},
    {"Windows, IPv6", false, {1440, 8, true, false}, {1440, 8, true, false}},
    {"WireGuard, IPv6", false, {1360, 8, true, false}, {1360, 8, true, false}},
    {"Linux without timestamps", true, {1460, 7, true, true}, {1440, 7, true, true}},
    {"IPv6 with ECN", false, {1440, 7, true, true}, {1420, 7, true, true}},
    {"jumbo frames", true, {8960, 14, true, false}, {1460, 14, true, false}},
    {"ECN and a small MSS", true, {1299, 7, true, true}, {536, 7, true, false}},
    {"the largest scale", true, {1460, 14, true, true}, {1440, 14, true, true}},
    {"no window scale", true, {1460, kNone, true, false}, {1460, kNone, true, false}},
    {"lwIP", true, {1460, kNone, false, false}, {1440, kNone, false, false}},
    {"no option at all", true, {536, kNone, false, false}, {536, kNone, false, false}},
    {"no option at all, IPv6", false, {1220, kNone, false, false}, {1220, kNone, false, false}},
    {"scale without SACK", true, {1300, 8, false, true}, {1300, 8, false, false}},
    {"large scale without SACK", true, {1300, 14, false, false}, {1300, 8, false, false}},
    {"below the tables", true, {535, 7, true, true}, {256, kNone, false, false}},
    {"below the tables, IPv6", false, {1219, 7, true, true}, {536, kNone, false, false}},
    {"tiny", true, {100, kNone, false, false}, {48, kNone, false, false}},
};

TEST(Cookie, RoundsDownWhatSevenBitsCannotSay) {
    for (const Rounding& row : kRoundings) {
        SCOPED_TRACE(row.client);
        EXPECT_EQ(CookieKeys::carried(row.offered, row.is_ipv4, false), row.carried);
    }
}

// Two boxes that share a master secret redeem each other's cookies, so the format is pinned. The
// values were computed with another implementation of AES.
TEST(Cookie, HasTheFormatOfItsDescription) {
    const CookieKeys keys{kMaster, kNow};
    const Cookie plain = keys.issue(kTuple, true, kClientIsn, kOptions, false);
    EXPECT_EQ(plain, (Cookie{SequenceNumber{0x7220b4e1}, 0}));
    const Cookie stamped = keys.issue(kTuple, true, kClientIsn, kOptions, true);
    EXPECT_EQ(stamped, (Cookie{SequenceNumber{0x0d2bee20}, 8 | 1U << 4 | 1440U << 6 | kNow << 20}));
}

// ---- What is not a cookie ----------------------------------------------------------------------

/// Redeems a genuine cookie of each of many tuples after `change`; how many are accepted.
template <typename Change>
unsigned accepted_after(bool timestamps, Change change) {
    const CookieKeys keys{kMaster, kNow};
    std::mt19937_64 random{2};
    unsigned accepted = 0;
    for (unsigned i = 0; i < 100; ++i) {
        Block tuple{random(), random()};
        SequenceNumber isn{static_cast<std::uint32_t>(random())};
        Cookie cookie = keys.issue(tuple, true, isn, kOptions, timestamps);
        change(tuple, isn, cookie);
        const auto echoed = echo_of(cookie, timestamps);
        accepted += keys.redeem(tuple, true, isn, cookie.sequence, echoed) ? 1 : 0;
    }
    return accepted;
}

TEST(Cookie, IsRefusedForAnotherTuple) {
    for (const bool timestamps : {true, false}) {
        for (unsigned bit = 0; bit < 64; ++bit) {
            SCOPED_TRACE(bit);
            EXPECT_EQ(
                accepted_after(timestamps, [&](Block& tuple, auto&,
                                               auto&) { tuple.low ^= std::uint64_t{1} << bit; }),
                0U);
            EXPECT_EQ(
                accepted_after(timestamps, [&](Block& tuple, auto&,
                                               auto&) { tuple.high ^= std::uint64_t{1} << bit; }),
                0U);
        }
    }
}

TEST(Cookie, IsRefusedForAnotherIsn) {
    for (const bool timestamps : {true, false}) {
        for (unsigned bit = 0; bit < 32; ++bit) {
            SCOPED_TRACE(bit);
            EXPECT_EQ(accepted_after(timestamps,
                                     [&](auto&, SequenceNumber& isn, auto&) {
                                         isn = SequenceNumber{isn.value() ^ 1U << bit};
                                     }),
                      0U);
        }
    }
}

TEST(Cookie, IsRefusedForAnotherAcknowledgmentNumber) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        SCOPED_TRACE(bit);
        const auto flip = [&](auto&, auto&, Cookie& cookie) {
            cookie.sequence = SequenceNumber{cookie.sequence.value() ^ 1U << bit};
        };
        EXPECT_EQ(accepted_after(true, flip), 0U);
        if (bit >= 7) {  // The lowest bits are the options, over which a client may lie anyway.
            EXPECT_EQ(accepted_after(false, flip), 0U);
        }
    }
}

TEST(Cookie, IsRefusedForAnotherEchoedTimestamp) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        SCOPED_TRACE(bit);
        EXPECT_EQ(
            accepted_after(
                true, [&](auto&, auto&, Cookie& cookie) { cookie.timestamp_value ^= 1U << bit; }),
            0U);
    }
}

TEST(Cookie, IsRefusedInTheOtherForm) {
    const CookieKeys keys{kMaster, kNow};
    const Cookie plain = keys.issue(kTuple, true, kClientIsn, kOptions, false);
    const Cookie stamped = keys.issue(kTuple, true, kClientIsn, kOptions, true);
    EXPECT_FALSE(keys.redeem(kTuple, true, kClientIsn, plain.sequence, stamped.timestamp_value));
    EXPECT_FALSE(keys.redeem(kTuple, true, kClientIsn, plain.sequence, 0));
    EXPECT_FALSE(keys.redeem(kTuple, true, kClientIsn, stamped.sequence, std::nullopt));
}

TEST(Cookie, IsRefusedUnderAnotherMasterSecret) {
    const CookieKeys keys{kMaster, kNow};
    const CookieKeys others{Secret{1}, kNow};
    for (const bool timestamps : {true, false}) {
        const Cookie cookie = keys.issue(kTuple, true, kClientIsn, kOptions, timestamps);
        EXPECT_FALSE(
            others.redeem(kTuple, true, kClientIsn, cookie.sequence, echo_of(cookie, timestamps)));
    }
}

// ---- The MAC as a random function --------------------------------------------------------------

/// Counts, over many pairs of sequence numbers, how often each bit differs.
class BitCounter {
  public:
    void add(SequenceNumber a, SequenceNumber b) {
        ++pairs_;
        for (unsigned bit = 0; bit < 32; ++bit) {
            differing_[bit] += (a.value() ^ b.value()) >> bit & 1;
        }
    }
    /// Each bit differs in half of the pairs, within five standard deviations.
    void expect_balanced() const {
        const double expected = pairs_ / 2;
        for (unsigned bit = 0; bit < 32; ++bit) {
            EXPECT_NEAR(differing_[bit], expected, 5 * std::sqrt(pairs_) / 2) << "bit " << bit;
        }
    }

  private:
    double pairs_ = 0;
    std::array<double, 32> differing_{};
};

TEST(CookieMac, ChangesEachBitHalfTheTimeWithAnyBitOfItsInput) {
    const CookieKeys keys{kMaster, kNow};
    std::mt19937_64 random{3};
    for (unsigned bit = 0; bit < 32; ++bit) {
        BitCounter isn_flipped;
        BitCounter tuple_flipped;
        BitCounter mss_flipped;
        for (unsigned i = 0; i < 4000; ++i) {
            const Block tuple{random(), random()};
            const SequenceNumber isn{static_cast<std::uint32_t>(random())};
            const auto sequence = [&](const Block& of, SequenceNumber client_isn,
                                      const ClientOptions& options) {
                return keys.issue(of, true, client_isn, options, true).sequence;
            };
            const auto plain = sequence(tuple, isn, kOptions);
            isn_flipped.add(plain,
                            sequence(tuple, SequenceNumber{isn.value() ^ 1U << bit}, kOptions));
            tuple_flipped.add(plain,
                              sequence({tuple.low, tuple.high ^ 1ULL << (2 * bit)}, isn, kOptions));
            ClientOptions options = kOptions;
            options.mss = static_cast<std::uint16_t>(options.mss ^ 1U << bit % 14);
            mss_flipped.add(plain, sequence(tuple, isn, options));
        }
        isn_flipped.expect_balanced();
        tuple_flipped.expect_balanced();
        mss_flipped.expect_balanced();
    }
}

// The 24 bits under the epoch, of cookies whose other inputs only count up.
TEST(CookieMac, SpreadsEvenlyWithoutTimestamps) {
    const CookieKeys keys{kMaster, kNow};
    constexpr unsigned kBuckets = 256;
    constexpr unsigned kPerBucket = 1000;
    std::array<unsigned, kBuckets> low_bits{};
    std::array<unsigned, kBuckets> high_bits{};
    for (std::uint32_t i = 0; i < kBuckets * kPerBucket; ++i) {
        const SequenceNumber isn{i};
        const auto sequence = keys.issue(kTuple, true, isn, kOptions, false).sequence.value();
        const std::uint32_t mac = sequence - static_cast<std::uint32_t>(kTuple.low) - i;
        ++low_bits[mac % kBuckets];
        ++high_bits[mac >> 16 & 0xff];
    }
    for (const auto& counts : {low_bits, high_bits}) {
        double chi_square = 0;
        for (const unsigned count : counts) {
            const double off = static_cast<double>(count) - kPerBucket;
            chi_square += off * off / kPerBucket;
        }
        // 255 degrees of freedom: mean 255, standard deviation 22.6. A counter would give 0.
        EXPECT_NEAR(chi_square, 255, 4 * 22.6);
    }
}

}  // namespace
}  // namespace synward::tcp
