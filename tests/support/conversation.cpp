// SPDX-License-Identifier: BSD-3-Clause
#include "support/conversation.h"

#include <gtest/gtest.h>

namespace synward::test {

using wire::Side;

void Conversation::put_in(Side side, const Bytes& frame) {
    const bool is_client = side == Side::kOutside;
    box_.inject(side, frame,
                {style().link, is_client ? style().client_queue : style().server_queue});
    box_.run();
}

void Conversation::client_sends(const Bytes& frame) {
    put_in(Side::kOutside, frame);
}

void Conversation::server_sends(const Bytes& frame) {
    put_in(Side::kInside, frame);
}

FrameReader Conversation::challenge() {
    client_sends(syn());
    const FrameReader answer{box_.take_only(Side::kOutside, style().link)};
    accept(answer);
    return answer;
}

void Conversation::accept(const FrameReader& syn_ack) {
    EXPECT_EQ(syn_ack.flags() & (kSyn | kAck), kSyn | kAck);
    EXPECT_EQ(syn_ack.acknowledgment(), style().client_isn + 1);
    const auto stamps = timestamps_of(syn_ack.options());
    EXPECT_EQ(stamps.has_value(), style().timestamps);
    Dialogue::accept(syn_ack.sequence(), stamps ? stamps->first : 0);
}

void Conversation::redeem(std::size_t payload) {
    client_sends(from_client(kAck, payload));
}

void Conversation::answer() {
    server_sends(syn_ack());
    answered();
}

void Conversation::discard() {
    box_.take(Side::kOutside, style().link);
    box_.take(Side::kInside, style().link);
}

void Conversation::establish() {
    challenge();
    redeem();
    const FrameReader to_server{box_.take_only(Side::kInside, style().link)};
    EXPECT_EQ(to_server.flags() & (kSyn | kAck), kSyn);
    EXPECT_EQ(to_server.sequence(), style().client_isn);
    answer();
    discard();
}

void Conversation::establish_untouched() {
    const Bytes first = syn();
    client_sends(first);
    EXPECT_EQ(box_.take_only(Side::kInside, style().link), first);
    answer();
    const Bytes second = box_.take_only(Side::kOutside, style().link);
    EXPECT_EQ(second, syn_ack());
    accept(FrameReader{second});
    const Bytes third = from_client(kAck);
    client_sends(third);
    EXPECT_EQ(box_.take_only(Side::kInside, style().link), third);
}

void Conversation::expect_data_crosses() {
    ++client_clock;
    const std::uint32_t client_sequence = client_next;
    const Bytes request = from_client(kPsh | kAck, 100);
    client_sends(request);
    const FrameReader at_server{box_.take_only(Side::kInside, style().link)};
    EXPECT_EQ(at_server.sequence(), client_sequence);
    EXPECT_EQ(at_server.acknowledgment(), server_next);
    EXPECT_EQ(at_server.payload(), FrameReader{request}.payload());
    EXPECT_TRUE(at_server.checksums_are_right());

    ++server_clock;
    ++server_clock_at_client;
    const std::uint32_t server_sequence = server_next_at_client;
    const Bytes response = from_server(kPsh | kAck, 200);
    server_sends(response);
    const FrameReader at_client{box_.take_only(Side::kOutside, style().link)};
    EXPECT_EQ(at_client.sequence(), server_sequence);
    EXPECT_EQ(at_client.acknowledgment(), client_next);
    EXPECT_EQ(at_client.payload(), FrameReader{response}.payload());
    EXPECT_TRUE(at_client.checksums_are_right());
    if (style().timestamps) {
        EXPECT_EQ(timestamps_of(at_client.options()),
                  (std::pair{server_clock_at_client, client_clock}));
        EXPECT_EQ(timestamps_of(at_server.options()), (std::pair{client_clock, server_clock - 1}));
    }
}

void Conversation::close() {
    client_sends(from_client(kFin | kAck));
    server_sends(from_server(kAck));
    server_sends(from_server(kFin | kAck));
    client_sends(from_client(kAck));
    discard();
}

}  // namespace synward::test
