// SPDX-License-Identifier: BSD-3-Clause
#include "box.h"

#include <array>

#include "support/arrived.h"
#include "support/wire.h"

namespace synward::defense {

Box::Box(const Settings& settings)
    : one_by_one_{settings.one_by_one},
      generation_{std::make_unique<PolicyGeneration>(settings.policy)},
      policy{settings.policy},
      memory_((flow::Table::required_bytes(settings.capacity) + sizeof(Line) - 1) / sizeof(Line)),
      table{std::as_writable_bytes(std::span{memory_}), settings.capacity, hasher},
      connecting{policy.hold.connections, policy.hold.segments,
                 policy.hold.segments_per_connection},
      defender{*generation_,
               table,
               connecting,
               hasher,
               {.cookie_secret = {9, 8, 7}, .cookies_are_shared = settings.cookies_are_shared},
               now} {}

void Box::adopt(const Policy& next) {
    policy = next;
    auto generation = std::make_unique<PolicyGeneration>(next, *generation_, defender.settled());
    ServiceFiguresList figures = defender.service_figures();
    figures.resize(generation->slots().size());
    for (std::size_t index = 0; index < figures.size(); ++index) {
        if (generation->slots()[index].since == generation->number()) {
            figures[index] = nullptr;
        }
    }
    Succession succession = defender.prepare(*generation, generation_->number(), figures);
    defender.begin_batch(now);
    generation_.reset();  // nothing of it is needed any more
    defender.adopt(*generation, succession);
    generation_ = std::move(generation);
}

test::Bytes Box::frame_of(const Sent& sent) {
    const std::string client = sent.ipv6 ? "2001:db8:ffff::1" : "203.0.113.1";
    const std::string server =
        (sent.ipv6 ? "2001:db8::" : "198.51.100.") + std::to_string(sent.server);
    const bool outside = sent.from == Side::kOutside;
    const std::string& source = outside ? client : server;
    const std::string& destination = outside ? server : client;
    test::FrameBuilder frame;
    sent.ipv6 ? frame.ipv6(source, destination) : frame.ipv4(source, destination);
    frame
        .tcp(outside ? sent.client_port : kServicePort, outside ? kServicePort : sent.client_port,
             sent.sequence, sent.acknowledgment)
        .flags(sent.flags)
        .window(sent.window)
        .options(sent.options)
        .payload(sent.length);
    test::Bytes bytes = frame.bytes();
    if (sent.damaged) {
        bytes[frame.ip_offset() + (sent.ipv6 ? 40 : 20) + 16] ^= 0x10U;
    }
    return bytes;
}

Verdict Box::send(const Sent& sent) {
    return send_frame(frame_of(sent), sent.from);
}

Verdict Box::send_frame(const test::Bytes& frame, Side from) {
    const auto [result, segment] = test::parse(frame, from);
    connecting.recycle();
    defender.begin_batch(now);
    if (!wire::concerns_a_connection(result.kind)) {
        return defender.decide_unreadable(result, segment);
    }
    const tcp::Block hash = hasher(segment.tuple);
    const Arrival arrival{.segment = segment,
                          .frame = frame,
                          .hash = hash,
                          .flow = table.find(segment.tuple, hash),
                          .checksum = checksum};
    if (result.kind == wire::FrameKind::kIcmpError) {
        return defender.decide_icmp_error(arrival);
    }
    if (!one_by_one_ && arrival.flow == nullptr) {
        if (const auto verdict = decide_as_flood(frame, from, hash)) {
            return *verdict;
        }
    }
    return defender.decide(arrival);
}

std::optional<Verdict> Box::decide_as_flood(const test::Bytes& frame, Side from,
                                            const tcp::Block& hash) {
    const test::Arrived arrived{{{frame, from}}};
    const std::array<tcp::Block, 1 + wire::kLanes> hashes{hash};
    Verdict verdict;
    if (defender.floods().may_drop(arrived.headers, hashes.data(), 1) != 0 &&
        defender.floods().drop_ack(arrived.headers, 0, arrived.segments[0].payload_length != 0,
                                   verdict)) {
        ++dropped_as_strays;
        return verdict;
    }
    if (defender.floods().may_answer(arrived.headers) == 0) {
        return std::nullopt;
    }
    FloodAnswers answers;
    if (defender.floods().answer_syns({.headers = arrived.headers,
                                       .hashes = hashes.data(),
                                       .verdicts = &verdict,
                                       .answers = answers,
                                       .first = 0,
                                       .count = 1}) == 0) {
        return std::nullopt;
    }
    ++answered_as_flood;
    if (answers.made == 0) {
        return verdict;
    }
    // As decide() would give it.
    const wire::SynAcks& syn_acks = answers.syn_acks;
    const wire::SynAcks::Words& words = syn_acks.words[0];
    verdict = {.action = Action::kAnswerSyn, .reason = wire::Reason::kSynChallenged};
    verdict.sequence = wire::SequenceNumber{syn_acks.sequence[0]};
    verdict.acknowledgment = arrived.segments[0].sequence + 1;
    if (syn_acks.have_window) {
        verdict.window = static_cast<std::uint16_t>(words.window.host());
    }
    if (answers.remembered != 0) {
        verdict.remembered = answers.numbers[0];
    }
    if (arrived.headers.linux_syns() != 0) {
        verdict.options = {.mss = static_cast<std::uint16_t>(words.options_head.host()),
                           .window_scale = static_cast<std::uint8_t>(words.options_tail.host()),
                           .sack_permitted = true,
                           .timestamps = wire::Timestamps{syn_acks.timestamp[0],
                                                          arrived.headers.timestamp[0].host()}};
    }
    return verdict;
}

void Box::expire() {
    connecting.recycle();
    defender.begin_batch(now);
    defender.expire(table.capacity());
}

Box::Tries Box::wait(tcp::Duration duration, tcp::Duration step) {
    Tries tries;
    for (const tcp::Time end = now + duration; now < end;) {
        now += step;
        expire();
        for (std::uint32_t number = 0; number < connecting.capacity(); ++number) {
            const Defender::Retry retry = defender.retry(number);
            tries.sent_again += retry == Defender::Retry::kSendAgain ? 1U : 0U;
            tries.given_up += retry == Defender::Retry::kGiveUp ? 1U : 0U;
        }
    }
    return tries;
}

flow::Flow* Box::flow(unsigned client_port, bool ipv6, unsigned server) {
    const auto [result, segment] = test::parse(
        frame_of({.client_port = client_port, .ipv6 = ipv6, .server = server}), Side::kOutside);
    return table.find(segment.tuple, hasher(segment.tuple));
}

unsigned Box::count(flow::Phase phase) {
    unsigned flows = 0;
    table.for_each([&](const flow::Flow& each) { flows += each.life() == phase ? 1U : 0U; });
    return flows;
}

void Box::expect_consistent(std::uint32_t budget) {
    std::uint32_t flows = 0;
    std::uint32_t credits = 0;
    table.for_each([&](const flow::Flow& each) {
        ++flows;
        credits += each.holds_credit;
        if (each.holds_credit) {
            ASSERT_EQ(each.life(), flow::Phase::kHalfOpen);
        }
    });
    ASSERT_EQ(service().credits_left() + credits, budget);
    ASSERT_EQ(connecting.in_use(), count(flow::Phase::kConnecting));
    ASSERT_EQ(table.half_open(), count(flow::Phase::kHalfOpen));
    ASSERT_EQ(table.size(), flows);
}

}  // namespace synward::defense
