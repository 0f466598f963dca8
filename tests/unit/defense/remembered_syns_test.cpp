// SPDX-License-Identifier: BSD-3-Clause
#include "defense/remembered_syns.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace synward::defense {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::SequenceNumber;
using Frame = std::array<std::uint8_t, RememberedSyns::kFrameRoom>;

constexpr tcp::Duration kSecond = seconds{1};
constexpr tcp::Time kStart{seconds{1'700'000'000}};

/// Spread like the hashes that stand for four-tuples.
tcp::Block hash_of(std::uint64_t client) {
    return {client * 0x9e37'79b9'7f4a'7c15U, client};
}

class Remembered : public testing::Test {
  protected:
    /// A client's SYN, answered by a frame that begins with the client's number.
    std::uint32_t remember(std::uint64_t client, std::uint32_t isn = 100) {
        const std::uint32_t number = syns.remember(hash_of(client), SequenceNumber{isn + 1}, now);
        if (number != RememberedSyns::kNone) {
            Frame frame{};
            std::memcpy(frame.data(), &client, sizeof client);
            syns.keep_frame(number, frame.data(), 74, 3);
        }
        return number;
    }
    /// The client whose SYN-ACK is sent again now, if there is one.
    std::optional<std::uint64_t> send_one() {
        unsigned places = 1'000'000;
        const RememberedSyns::Entry* const entry = syns.take_due(now, places);
        if (entry == nullptr) {
            return std::nullopt;
        }
        syns.wait_again(now);
        std::uint64_t client = 0;
        std::memcpy(&client, entry->bytes().data(), sizeof client);
        return client;
    }
    std::vector<std::uint64_t> send_all() {
        std::vector<std::uint64_t> clients;
        while (const auto client = send_one()) {
            clients.push_back(*client);
        }
        return clients;
    }

    RememberedSyns syns{4096, 3};
    tcp::Time now = kStart;
};

TEST_F(Remembered, AreSentAgainAfterOneTwoAndFourSeconds_Rfc6298Section2) {
    remember(7);
    for (const int delay : {1, 2, 4}) {
        now += seconds{delay} - milliseconds{1};
        EXPECT_FALSE(send_one()) << delay;
        now += milliseconds{1};
        EXPECT_EQ(send_one(), 7U) << delay;
        EXPECT_FALSE(send_one()) << delay;
    }
    now += seconds{100};
    EXPECT_FALSE(send_one());
    EXPECT_EQ(syns.size(), 0U);
}

TEST_F(Remembered, ComeInTheOrderOfTheirTime) {
    for (std::uint64_t client = 1; client <= 5; ++client) {
        remember(client);
        now += milliseconds{10};
    }
    now = kStart + seconds{1} + milliseconds{20};
    EXPECT_EQ(send_all(), (std::vector<std::uint64_t>{1, 2, 3}));
    now += milliseconds{20};
    EXPECT_EQ(send_all(), (std::vector<std::uint64_t>{4, 5}));
}

TEST_F(Remembered, KeepEveryByteAndThePort) {
    const std::uint32_t number = syns.remember(hash_of(1), SequenceNumber{1}, now);
    Frame frame;
    std::iota(frame.begin(), frame.end(), std::uint8_t{1});
    syns.keep_frame(number, frame.data(), RememberedSyns::kFrameRoom, 9);
    now += seconds{1};
    unsigned places = 10;
    const RememberedSyns::Entry* const entry = syns.take_due(now, places);
    ASSERT_NE(entry, nullptr);
    EXPECT_TRUE(
        std::equal(entry->bytes().begin(), entry->bytes().end(), frame.begin(), frame.end()));
    EXPECT_EQ(entry->port_id, 9U);
    EXPECT_EQ(places, 9U);
}

TEST_F(Remembered, WithoutAFrameAreNotSent) {
    syns.remember(hash_of(1), SequenceNumber{1}, now);
    now += seconds{1};
    EXPECT_FALSE(send_one());
    const std::uint32_t number = syns.remember(hash_of(1), SequenceNumber{1}, now);
    const std::vector<std::uint8_t> long_frame(200);
    syns.keep_frame(number, long_frame.data(), RememberedSyns::kFrameRoom + 1, 1);
    now += seconds{1};
    EXPECT_FALSE(send_one());
}

TEST_F(Remembered, AreForgottenByTheirOwnNumberOnly) {
    remember(1, 500);
    syns.forget(hash_of(1), SequenceNumber{502});
    syns.forget(hash_of(2), SequenceNumber{501});
    now += seconds{1};
    EXPECT_EQ(send_one(), 1U);
    // In whichever ring it waits.
    syns.forget(hash_of(1), SequenceNumber{501});
    now += seconds{2};
    EXPECT_FALSE(send_one());

    remember(1, 500);
    syns.forget(hash_of(1), SequenceNumber{501});
    now += seconds{1};
    EXPECT_FALSE(send_one());
}

TEST_F(Remembered, ASynThatComesAgainCountsOnce) {
    for (unsigned attempt = 0; attempt < 5; ++attempt) {
        remember(1);
        now += milliseconds{100};
    }
    now = kStart + seconds{1};
    EXPECT_FALSE(send_one()) << "of the first SYN";
    now = kStart + milliseconds{1400};
    EXPECT_EQ(send_all().size(), 1U);
    // It also takes the place of one that has been sent again already.
    remember(1);
    now += seconds{1};
    EXPECT_EQ(send_all().size(), 1U);
    now += seconds{1};
    EXPECT_TRUE(send_all().empty());
}

TEST_F(Remembered, TheOldestGoFirst) {
    // Slowly enough that not all would be overwritten.
    const unsigned room = 2048;
    for (std::uint64_t client = 1; client <= room + 100; ++client) {
        remember(client);
        now += kSecond / (room + 200);
    }
    EXPECT_FALSE(syns.is_saturated());
    now = kStart + seconds{3};
    const auto sent = send_all();
    EXPECT_EQ(sent.size(), room);
    EXPECT_EQ(sent.front(), 101U);
    EXPECT_EQ(sent.back(), room + 100);
}

TEST_F(Remembered, AFloodIsNotWrittenAndNotSent) {
    constexpr unsigned kRate = 100'000;
    unsigned written = 0;
    for (std::uint64_t client = 0; client < 3 * kRate; ++client) {
        written += remember(client) != RememberedSyns::kNone ? 1U : 0U;
        now += kSecond / kRate;
        ASSERT_FALSE(send_one());
    }
    EXPECT_TRUE(syns.is_saturated());
    // The first eighth of a second tells that it is one.
    EXPECT_LE(written, kRate / 8 + 1);
    EXPECT_EQ(syns.size(), 0U);
    now += seconds{10};
    EXPECT_TRUE(send_all().empty());
}

TEST_F(Remembered, TheFirstClientAfterAFloodIsRemembered) {
    for (std::uint64_t client = 0; client < 50'000; ++client) {
        remember(client);
        now += kSecond / 100'000;
    }
    ASSERT_TRUE(syns.is_saturated());
    now += milliseconds{250};
    EXPECT_NE(remember(1'000'000), RememberedSyns::kNone);
    now += seconds{1};
    EXPECT_EQ(send_all(), std::vector<std::uint64_t>{1'000'000});
}

TEST_F(Remembered, ACrowdThatRedeemsAtOnceIsNoFlood) {
    for (std::uint64_t client = 0; client < 200'000; ++client) {
        ASSERT_NE(remember(client, 100), RememberedSyns::kNone);
        syns.forget(hash_of(client), SequenceNumber{101});
        now += kSecond / 100'000;
    }
    EXPECT_FALSE(syns.is_saturated());
}

TEST_F(Remembered, LookAtAsManyPlacesAsTheyMay) {
    for (std::uint64_t client = 1; client <= 20; ++client) {
        remember(client, 100);
        syns.forget(hash_of(client), SequenceNumber{101});
    }
    remember(21);
    now += seconds{1};
    unsigned places = 20;
    EXPECT_EQ(syns.take_due(now, places), nullptr);
    EXPECT_EQ(places, 0U);
    EXPECT_EQ(send_one(), 21U);
}

TEST_F(Remembered, ManyAtRandomAreEachSentAsOftenAsTheyShould) {
    std::vector<unsigned> sent(1000);
    for (std::uint64_t client = 0; client < sent.size(); ++client) {
        remember(client);
        now += milliseconds{1};
    }
    for (unsigned step = 0; step < 1000; ++step) {
        for (const std::uint64_t client : send_all()) {
            ++sent[client];
        }
        now += milliseconds{10};
    }
    for (const unsigned times : sent) {
        ASSERT_EQ(times, 3U);
    }
}

TEST(RememberedNone, WhereThereIsNoRoomOrNoRetransmission) {
    for (auto [room, retransmissions] : {std::pair{0U, 3U}, std::pair{100U, 0U}}) {
        RememberedSyns syns{room, retransmissions};
        tcp::Time now = kStart;
        for (unsigned client = 0; client < 10'000; ++client) {
            ASSERT_EQ(syns.remember(hash_of(client), SequenceNumber{1}, now),
                      RememberedSyns::kNone);
            now += milliseconds{1};
        }
        syns.forget(hash_of(1), SequenceNumber{1});
        unsigned places = 10;
        EXPECT_EQ(syns.take_due(now + seconds{10}, places), nullptr);
    }
}

}  // namespace
}  // namespace synward::defense
