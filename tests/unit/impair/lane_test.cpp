// SPDX-License-Identifier: BSD-3-Clause
#include "impair/lane.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <vector>

namespace synward::impair {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Frame = std::vector<std::uint8_t>;

constexpr Time kStart{std::chrono::hours{1}};

Frame frame_of(std::uint8_t mark, std::size_t length = 100) {
    return Frame(length, mark);
}

/// What has left a lane: when, and which frame by its mark.
struct Departure {
    Duration at;
    unsigned mark;
    friend bool operator==(const Departure&, const Departure&) = default;
};

/// Lets time pass, one microsecond after the other, until nothing is on its way.
std::vector<Departure> all_departures(Lane& lane) {
    std::vector<Departure> departures;
    while (const auto next = lane.next_due()) {
        std::array<Lane::Entry, 4> entries;
        EXPECT_EQ(lane.take_due(*next - Duration{1}, entries), 0U);
        const std::size_t count = lane.take_due(*next, entries);
        for (std::size_t i = 0; i < count; ++i) {
            departures.push_back({*next - kStart, lane.frame(entries[i]).back()});
            lane.sent(entries[i], *next);
        }
    }
    return departures;
}

void expect_accounted(const Counts& counts) {
    EXPECT_EQ(counts.seen + counts.duplicated, counts.lost + counts.lost_third_segments +
                                                   counts.overflowed + counts.sent +
                                                   counts.refused + counts.left);
}

TEST(Lane, DelaysAndKeepsOrder) {
    Lane lane{{.delay = milliseconds{50}}, 1, 16, 1518};
    for (std::uint8_t mark = 0; mark < 5; ++mark) {
        lane.arrive(frame_of(mark), kStart + mark / 2 * microseconds{10});
    }
    EXPECT_EQ(lane.counts().left, 5U);
    const std::vector<Departure> expected{{milliseconds{50}, 0},
                                          {milliseconds{50}, 1},
                                          {microseconds{50'010}, 2},
                                          {microseconds{50'010}, 3},
                                          {microseconds{50'020}, 4}};
    EXPECT_EQ(all_departures(lane), expected);
    EXPECT_EQ(lane.counts().overtaken, 0U);
    expect_accounted(lane.counts());
}

TEST(Lane, JitterDoesNotReorder) {
    Lane lane{{.delay = milliseconds{5}, .jitter = milliseconds{5}}, 1, 256, 1518};
    for (std::uint8_t mark = 0; mark < 200; ++mark) {
        lane.arrive(frame_of(mark), kStart + mark * microseconds{10});
    }
    const auto departures = all_departures(lane);
    ASSERT_EQ(departures.size(), 200U);
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(departures[i].mark, i);
        EXPECT_GE(departures[i].at, milliseconds{5});
        EXPECT_LE(departures[i].at, milliseconds{12});
    }
    EXPECT_NE(departures.front().at, departures.back().at - 199 * microseconds{10});
}

TEST(Lane, HoldsBackWhatLaterOnesOvertake) {
    Lane lane{{.delay = milliseconds{1}, .reorder = 0.1, .reorder_delay = microseconds{35}},
              5,
              256,
              1518};
    for (std::uint8_t mark = 0; mark < 200; ++mark) {
        lane.arrive(frame_of(mark), kStart + mark * microseconds{10});
    }
    unsigned late = 0;
    for (const Departure& departure : all_departures(lane)) {
        const Duration way = departure.at - departure.mark * microseconds{10};
        EXPECT_TRUE(way == milliseconds{1} || way == milliseconds{1} + microseconds{35});
        late += way != milliseconds{1};
    }
    const Counts counts = lane.counts();
    EXPECT_EQ(counts.held_back, late);
    EXPECT_GT(late, 5U);
    // Whoever is held back with those that would overtake him is not overtaken.
    EXPECT_GT(counts.overtaken, late / 2);
    EXPECT_LE(counts.overtaken, late);
    expect_accounted(counts);
}

TEST(Lane, ServesAtItsRate) {
    Lane lane{{.delay = milliseconds{1}, .rate = 8e6}, 1, 16, 1518};  // a byte each microsecond
    lane.arrive(frame_of(0, 100), kStart);
    lane.arrive(frame_of(1, 1000), kStart);
    lane.arrive(frame_of(2, 60), kStart + milliseconds{5});  // the bottleneck has been idle
    const std::vector<Departure> expected{
        {microseconds{1100}, 0}, {microseconds{2100}, 1}, {microseconds{6060}, 2}};
    EXPECT_EQ(all_departures(lane), expected);
}

TEST(Lane, SendsTheSecondCopyBehindTheFirst) {
    Lane lane{{.duplicate = 1}, 1, 16, 1518};
    lane.arrive(frame_of(1), kStart);
    lane.arrive(frame_of(2), kStart);
    const std::vector<Departure> expected{{{}, 1}, {{}, 1}, {{}, 2}, {{}, 2}};
    EXPECT_EQ(all_departures(lane), expected);
    EXPECT_EQ(lane.counts().duplicated, 2U);
    EXPECT_EQ(lane.counts().overtaken, 0U);
    expect_accounted(lane.counts());
}

TEST(Lane, CountsWhatFindsTheQueueFull) {
    Lane lane{{.delay = milliseconds{1}, .duplicate = 1}, 1, 3, 1518};
    lane.arrive(frame_of(1), kStart);
    lane.arrive(frame_of(2), kStart);
    lane.arrive(frame_of(3), kStart);
    lane.arrive(frame_of(4, 1519), kStart);  // too long is no different
    EXPECT_EQ(lane.counts().left, 3U);
    EXPECT_EQ(lane.counts().overflowed, 5U);
    expect_accounted(lane.counts());
    EXPECT_EQ(all_departures(lane).size(), 3U);
    lane.arrive(frame_of(5), kStart + milliseconds{2});  // there is room again
    EXPECT_EQ(all_departures(lane).size(), 2U);
    expect_accounted(lane.counts());
}

TEST(Lane, LosesAll) {
    Lane lane{{.loss = 1}, 1, 16, 1518};
    lane.arrive(frame_of(1), kStart);
    lane.lose_third_segment();
    EXPECT_FALSE(lane.next_due());
    EXPECT_EQ(lane.counts().lost, 1U);
    EXPECT_EQ(lane.counts().lost_third_segments, 1U);
    expect_accounted(lane.counts());
}

TEST(Lane, FlipsOneBitBehindTheEthernetHeader) {
    Lane lane{{.corrupt = 1}, 1, 1024, 1518};
    const Frame original = frame_of(0, 60);
    for (unsigned i = 0; i < 1000; ++i) {
        lane.arrive(original, kStart);
    }
    lane.arrive(frame_of(0, 14), kStart);  // a header and nothing behind it
    std::vector<Lane::Entry> entries(1024);
    ASSERT_EQ(lane.take_due(kStart, entries), 1001U);
    std::vector<unsigned> flipped(60);
    for (std::size_t i = 0; i < 1000; ++i) {
        const auto frame = lane.frame(entries[i]);
        unsigned bits = 0;
        for (std::size_t byte = 0; byte < frame.size(); ++byte) {
            bits += static_cast<unsigned>(std::popcount(frame[byte]));
            flipped[byte] += frame[byte] != 0;
        }
        EXPECT_EQ(bits, 1U);
    }
    for (std::size_t byte = 0; byte < flipped.size(); ++byte) {
        EXPECT_EQ(flipped[byte] != 0, byte >= 14) << byte;
    }
    EXPECT_EQ(lane.frame(entries[1000]).size(), 14U);
}

TEST(Lane, TellsHowLateItSent) {
    Lane lane{{.delay = milliseconds{1}}, 1, 16, 1518};
    std::array<Lane::Entry, 2> entries;
    for (const Duration late : {microseconds{10}, microseconds{30}}) {
        lane.arrive(frame_of(1), kStart);
        const Time now = kStart + milliseconds{1} + late;
        ASSERT_EQ(lane.take_due(now, entries), 1U);
        lane.sent(entries[0], now);
    }
    lane.arrive(frame_of(1), kStart);
    ASSERT_EQ(lane.take_due(kStart + milliseconds{1}, entries), 1U);
    lane.refused(entries[0]);
    EXPECT_EQ(lane.counts().late_us_mean, 20);
    EXPECT_EQ(lane.counts().late_us_max, 30);
    EXPECT_EQ(lane.counts().refused, 1U);
    expect_accounted(lane.counts());
}

}  // namespace
}  // namespace synward::impair
