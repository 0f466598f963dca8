// SPDX-License-Identifier: BSD-3-Clause
//
// Cookies that are issued many at once: CookieKeys::issue() for usual SYNs.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "cookie_fixture.h"
#include "support/arrived.h"
#include "support/frame_builder.h"
#include "support/options_text.h"
#include "wire/tcp_options.h"

namespace synward::tcp {
namespace {

using test::Arrived;

struct Syn {
    SequenceNumber isn;
    ClientOptions options;
    bool timestamps;

    [[nodiscard]] test::Bytes frame() const {
        test::FrameBuilder builder;
        builder.ipv4("192.0.2.1", "198.51.100.2").tcp(1234, 80, isn.value()).flags(wire::kSyn);
        if (timestamps) {
            builder.options(test::OptionsText{.mss = options.mss,
                                              .sack_permitted = true,
                                              .timestamps = std::pair{7U, 0U},
                                              .window_scale = options.window_scale}
                                .bytes());
        }
        return builder.bytes();
    }
};

// RFC 7323 section 2.3: a window scale above 14 is one of 14.
Syn syn(std::mt19937& random) {
    Syn made{.isn = SequenceNumber{static_cast<std::uint32_t>(random())},
             .options = {},
             .timestamps = random() % 2 != 0};
    if (made.timestamps) {
        made.options = {.mss = static_cast<std::uint16_t>(random()),
                        .window_scale = static_cast<std::uint8_t>(random() % 16),
                        .sack = true,
                        .ecn = false};
    }
    return made;
}

TEST(UsualCookies, AreThoseThatAreIssuedOneByOne) {
    std::mt19937 random{9};
    CookieKeys keys{kMaster, kNow};
    for (unsigned round = 0; round < 2'000; ++round) {
        keys.advance(kNow + round / 10);
        std::vector<Syn> syns;
        std::vector<Arrived::Sent> sent;
        std::vector<Block> tuples;
        for (unsigned place = 0; place < 1 + round % wire::UsualHeaders::kMost; ++place) {
            syns.push_back(syn(random));
            sent.emplace_back(syns.back().frame(), wire::Side::kOutside);
            tuples.push_back({random() | std::uint64_t{random()} << 32U,
                              random() | std::uint64_t{random()} << 32U});
        }
        const Arrived arrived{sent};
        tuples.resize(tuples.size() + wire::kLanes);
        wire::SynAcks answers;
        const auto first = static_cast<unsigned>(random() % syns.size());
        keys.issue(arrived.headers, tuples.data(), first, arrived.count - first, answers);
        for (unsigned place = first; place < arrived.count; ++place) {
            Syn& its = syns[place];
            if (its.timestamps) {
                its.options.window_scale =
                    std::min(its.options.window_scale, wire::kMaximumWindowScale);
            }
            const Cookie expected =
                keys.issue(tuples[place], true, its.isn, its.options, its.timestamps);
            ASSERT_EQ(answers.sequence[place], expected.sequence.value()) << round;
            if (its.timestamps) {
                ASSERT_EQ(answers.timestamp[place], expected.timestamp_value) << round;
            }
        }
    }
}

// As many as claimed_epoch() says nothing about: of ACKs with cookies of all ages.
TEST(UsualCookies, HaveNoEpochWhereNoneIsClaimed) {
    std::mt19937 random{4};
    const CookieKeys keys{kMaster, kNow};
    std::uint64_t without = 0;
    for (unsigned round = 0; round < 1'000; ++round) {
        std::vector<Arrived::Sent> sent;
        std::vector<Block> tuples;
        for (unsigned place = 0; place < 1 + round % wire::UsualHeaders::kMost; ++place) {
            const auto isn = static_cast<std::uint32_t>(random());
            tuples.push_back({random(), random()});
            const CookieKeys issuing{kMaster, kNow - static_cast<Epoch>(random() % 300)};
            const std::uint32_t cookie =
                issuing.issue(tuples.back(), true, SequenceNumber{isn}, {}, false).sequence.value();
            test::FrameBuilder builder;
            builder.ipv4("192.0.2.1", "198.51.100.2")
                .tcp(1234, 80, isn + 1, cookie + 1)
                .flags(wire::kAck);
            sent.emplace_back(builder.bytes(), wire::Side::kOutside);
        }
        const Arrived arrived{sent};
        const std::uint64_t among = arrived.headers.bare_acks() & ~(std::uint64_t{1} << round % 64);
        tuples.resize(tuples.size() + wire::kLanes);
        const std::uint64_t found = keys.without_epoch(arrived.headers, tuples.data(), among);
        for (unsigned place = 0; place < arrived.count; ++place) {
            const wire::Segment& segment = arrived.segments[place];
            const bool expected = wire::has_place(among, place) &&
                                  !keys.claimed_epoch(tuples[place], segment.sequence - 1,
                                                      segment.acknowledgment - 1, std::nullopt);
            ASSERT_EQ(wire::has_place(found, place), expected) << round << " " << place;
            without += expected ? 1 : 0;
        }
    }
    EXPECT_GT(without, 20'000U);
}

}  // namespace
}  // namespace synward::tcp
