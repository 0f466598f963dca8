// SPDX-License-Identifier: BSD-3-Clause
//
// Copies of packets for an operator, with the reason of each.
#include <gtest/gtest.h>

#include "support/ask.h"
#include "support/conversation.h"
#include "support/flood.h"
#include "worker/capture_questions.h"

namespace synward::test {
namespace {

using defense::Challenge;
using synward::flood::FloodKind;
using wire::Disposition;
using wire::Reason;
using wire::Side;
using worker::CapturedAs;
using worker::CapturedPacket;
using worker::CaptureFilter;
using worker::CaptureRing;

struct Taken {
    CapturedPacket packet;
    Bytes bytes;
};

CaptureFilter filter_of(std::initializer_list<Reason> reasons) {
    CaptureFilter filter;
    for (const Reason reason : reasons) {
        filter.reasons.set(static_cast<std::size_t>(reason));
    }
    return filter;
}

CaptureFilter all_that_is(Disposition disposition) {
    CaptureFilter filter;
    for (std::size_t index = 0; index < wire::kReasonCount; ++index) {
        filter.reasons[index] = wire::kReasons[index].disposition == disposition;
    }
    return filter;
}

class Captures : public testing::Test {
  protected:
    ~Captures() override {
        if (capture) {
            seat(nullptr);
        }
    }
    void begin(const CaptureFilter& filter, std::uint32_t slots = 256, std::uint32_t snap = 2048) {
        if (capture) {
            seat(nullptr);
        }
        capture = std::make_unique<worker::Capture>(filter, box.engine().policy().policy().services,
                                                    box.engine().ports(), slots, snap);
        seat(capture.get());
    }
    void seat(worker::Capture* which) {
        worker::SeatCapture question{which};
        ask(box.engine(), 0, question, [this] { box.run(); });
    }
    std::vector<Taken> take() {
        std::vector<Taken> all;
        while (const CapturedPacket* const packet = capture->ring().front()) {
            const auto bytes = CaptureRing::bytes_of(*packet);
            all.push_back({*packet, {bytes.begin(), bytes.end()}});
            capture->ring().pop();
        }
        return all;
    }

    RingBox box{policy_with(Challenge::kAlways)};
    std::unique_ptr<worker::Capture> capture;
};

TEST_F(Captures, HoldWhatWasDroppedAndNothingElse) {
    begin(all_that_is(Disposition::kDropped));
    Conversation talk{box};
    talk.establish();
    flood(box, FloodKind::kAck, 20);
    flood(box, FloodKind::kSyn, 20);
    talk.expect_data_crosses();
    const std::vector<Taken> taken = take();
    EXPECT_EQ(taken.size(), box.sum(Disposition::kDropped));
    ASSERT_EQ(taken.size(), 20U);
    for (const Taken& each : taken) {
        EXPECT_EQ(each.packet.as, CapturedAs::kArrival);
        EXPECT_EQ(each.packet.reason, Reason::kCookieInvalid);
        EXPECT_EQ(FrameReader{each.bytes}.flags(), kAck);
        EXPECT_EQ(each.packet.service, 0U);
        EXPECT_EQ(each.packet.port, box.engine().ports()[0].id);
    }
}

TEST_F(Captures, ShowAPacketAsItCameIn) {
    begin(filter_of({Reason::kSynChallenged, Reason::kCookieRedeemed}));
    Conversation talk{box};
    const Bytes syn = talk.syn();
    talk.establish();
    const std::vector<Taken> taken = take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].bytes, syn);
    EXPECT_EQ(FrameReader{taken[1].bytes}.flags(), kAck);
}

TEST_F(Captures, HoldTheBoxsOwnPacketsAsTheyLeave) {
    begin(filter_of({Reason::kWindowUpdate, Reason::kServerConnected}));
    Conversation{box}.establish();
    const std::vector<Taken> taken = take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].packet.reason, Reason::kServerConnected);
    EXPECT_EQ(FrameReader{taken[0].bytes}.flags(), kSyn | kAck);
    EXPECT_EQ(taken[1].packet.as, CapturedAs::kDeparture);
    EXPECT_EQ(taken[1].packet.reason, Reason::kWindowUpdate);
    EXPECT_EQ(taken[1].packet.port, box.engine().ports()[0].id);
}

TEST_F(Captures, HoldWhatLeavesIfAsked) {
    CaptureFilter filter = filter_of({Reason::kSynChallenged});
    filter.departures = true;
    begin(filter);
    Conversation{box}.challenge();
    const std::vector<Taken> taken = take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(FrameReader{taken[0].bytes}.flags(), kSyn);
    EXPECT_EQ(taken[1].packet.as, CapturedAs::kDeparture);
    EXPECT_EQ(FrameReader{taken[1].bytes}.flags(), kSyn | kAck);
}

TEST_F(Captures, TellAHeldSegmentTwice) {
    begin(filter_of({Reason::kAwaitingServer, Reason::kHeldReleased}));
    Conversation talk{box};
    talk.challenge();
    talk.redeem(50);
    talk.answer();
    const std::vector<Taken> taken = take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].packet.as, CapturedAs::kArrival);
    EXPECT_EQ(taken[1].packet.as, CapturedAs::kReleased);
    EXPECT_EQ(taken[0].bytes, taken[1].bytes);
}

TEST_F(Captures, LetGoAndCountWhatHasNoRoom) {
    begin(filter_of({Reason::kCookieInvalid}), 8);
    flood(box, FloodKind::kAck, 20);
    EXPECT_EQ(take().size(), 8U);
    EXPECT_EQ(capture->lost(), 12U);
    flood(box, FloodKind::kAck, 5);
    EXPECT_EQ(take().size(), 5U);
    EXPECT_EQ(capture->lost(), 12U);
    EXPECT_EQ(box.count(Reason::kCookieInvalid), 25U);
}

TEST_F(Captures, KeepNoMoreOfAPacketThanTheySay) {
    begin(filter_of({Reason::kInConnection}), 16, 60);
    Conversation talk{box};
    talk.establish();
    talk.client_sends(talk.from_client(kPsh | kAck, 900));
    const std::vector<Taken> taken = take();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].packet.kept, 60U);
    EXPECT_GT(taken[0].packet.length, 900U);
}

TEST_F(Captures, PickByEnd) {
    const auto number_of_syns = [&](auto&& narrow) {
        CaptureFilter filter = filter_of({Reason::kSynChallenged});
        narrow(filter);
        begin(filter);
        Conversation{box, {.client = 1, .client_port = 1111}}.challenge();
        Conversation{box, {.client = 2, .client_port = 2222, .server_port = 443}}.challenge();
        Conversation{box, {.ipv6 = true, .client_port = 3333}}.challenge();
        return take().size();
    };
    EXPECT_EQ(number_of_syns([](CaptureFilter& filter) { filter.service = 0; }), 3U);
    EXPECT_EQ(number_of_syns([](CaptureFilter& filter) { filter.service = 1; }), 0U);
    EXPECT_EQ(number_of_syns([](CaptureFilter& filter) { filter.port = 443; }), 1U);
    EXPECT_EQ(number_of_syns([](CaptureFilter& filter) { filter.port = 1111; }), 1U);
    EXPECT_EQ(number_of_syns(
                  [](CaptureFilter& filter) { filter.address = wire::Prefix::parse("203.0.0.2"); }),
              1U);
    EXPECT_EQ(number_of_syns([](CaptureFilter& filter) {
                  filter.address = wire::Prefix::parse("198.51.100.0/24");
              }),
              2U);
}

TEST_F(Captures, EndWithTheirSeat) {
    begin(filter_of({Reason::kCookieInvalid}));
    seat(nullptr);
    flood(box, FloodKind::kAck, 20);
    EXPECT_TRUE(take().empty());
    EXPECT_EQ(capture->lost(), 0U);
}

}  // namespace
}  // namespace synward::test
