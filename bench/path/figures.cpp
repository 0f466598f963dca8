// SPDX-License-Identifier: BSD-3-Clause
#include "path/figures.h"

#include "wire/headers.h"

namespace synward::bench {
namespace {

using defense::Challenge;
using wire::Reason;
using wire::Side;

constexpr std::uint16_t kDataOctets = 64;

/// A SYN or ACK of nobody's connection: another source each time.
void inject_stray(Box& box, unsigned flags, bool bare) {
    const std::uint32_t number = box.random().next() & 0xfff'ffffU;
    Draft draft{.tuple = tuple_of(number, box.sizes().services)};
    draft.tuple.outside_address.bytes[12] = 203;
    draft.fields = {
        .sequence = wire::SequenceNumber{box.random().next()},
        .acknowledgment = wire::SequenceNumber{(flags & wire::kAck) != 0 ? box.random().next() : 0},
        .window = 64'240,
        .flags = static_cast<std::uint8_t>(flags)};
    if (!bare) {
        draft.options = linux_options(number, 0);
    }
    box.rig().inject(Side::kOutside, number, [&](auto frame) { return write_frame(frame, draft); });
}

std::function<void(Box&)> strays(unsigned flags, bool bare) {
    return [=](Box& box) {
        for (unsigned place = 0; place < Rig::kRound; ++place) {
            inject_stray(box, flags, bare);
        }
    };
}

/// Of the even connections the clients send, of the odd ones the servers: in one round the order
/// between the two devices is open, and nobody acknowledges what the box has not seen.
void data_both_ways(Box& box, unsigned count) {
    for (unsigned place = 0; place < count; place += 2) {
        box.connections().inject_client_data(box.random().below(box.sizes().flows) & ~1U,
                                             kDataOctets);
        box.connections().inject_server_data(box.random().below(box.sizes().flows) | 1U,
                                             kDataOctets);
    }
}

void all_data(Box& box) {
    data_both_ways(box, Rig::kRound);
}

/// Nine SYNs of a flood for each segment of a connection.
void mixed(Box& box) {
    constexpr unsigned kData = Rig::kRound / 10 / 2 * 2;
    for (unsigned place = 0; place < Rig::kRound - kData; ++place) {
        inject_stray(box, wire::kSyn, false);
    }
    data_both_ways(box, kData);
}

/// One segment of each spare connection of a set.
std::function<void(Box&)> each_spare(unsigned set, void (Connections::*inject)(std::uint32_t)) {
    return [=](Box& box) {
        for (unsigned place = 0; place < Rig::kRound; ++place) {
            (box.connections().*inject)(box.spare(set, place));
        }
    };
}

/// The same, and the box runs over it, unmeasured.
std::function<void(Box&)> played(unsigned set, void (Connections::*inject)(std::uint32_t)) {
    return [inject_all = each_spare(set, inject)](Box& box) {
        inject_all(box);
        box.run();
        box.drain();
    };
}

std::function<void(Box&)> renewed(unsigned set) {
    return each_spare(set, &Connections::renew);
}

/// SYNs that are answered by cookies, which their clients then have.
std::function<void(Box&)> challenged(unsigned set) {
    return [=](Box& box) {
        renewed(set)(box);
        each_spare(set, &Connections::inject_syn)(box);
        box.run();
        box.connections().take_cookies();
    };
}

std::function<void(Box&)> connecting(unsigned set) {
    return [=](Box& box) {
        challenged(set)(box);
        played(set, &Connections::inject_client_ack)(box);
    };
}

std::function<void(Box&)> established(unsigned set, Challenge challenge) {
    return [=](Box& box) {
        if (challenge == Challenge::kAlways) {
            connecting(set)(box);
            played(set, &Connections::inject_syn_ack)(box);
        } else {
            renewed(set)(box);
            played(set, &Connections::inject_syn)(box);
            played(set, &Connections::inject_syn_ack)(box);
            played(set, &Connections::inject_client_ack)(box);
        }
    };
}

// Sets of spare connections: those that leave no flow behind, and two whose flows linger.
constexpr unsigned kGone = 0;
constexpr unsigned kOpen = 1;
constexpr unsigned kClosing = 2;

/// The client closes first; the server's FIN comes with its acknowledgment.
Figure close(const char* name, Challenge challenge) {
    return {
        .name = name,
        .challenge = challenge,
        .steps = {{each_spare(kClosing, &Connections::inject_client_fin), {Reason::kFinPassed}},
                  {each_spare(kClosing, &Connections::inject_server_fin), {Reason::kFinPassed}},
                  {each_spare(kClosing, &Connections::inject_client_ack), {Reason::kInConnection}}},
        .prepare = established(kClosing, challenge)};
}

Figure floor_of(const char* name, void (*inject)(Box&), Figure::Subject subject) {
    return {
        .name = name, .challenge = Challenge::kAlways, .steps = {{inject, {}}}, .subject = subject};
}

void flood_syns(Box& box) {
    strays(wire::kSyn, false)(box);
}

}  // namespace

std::vector<Figure> all_figures() {
    using Subject = Figure::Subject;
    const auto always = Challenge::kAlways;
    const auto never = Challenge::kNever;
    return {
        floor_of("floor/io/syn", flood_syns, Subject::kFloor),
        floor_of("floor/touch/syn", flood_syns, Subject::kFloorThatTouches),
        floor_of("floor/touch/data", all_data, Subject::kFloorThatTouches),
        {"syn_answered/linux", always, {{flood_syns, {Reason::kSynChallenged}}}},
        {"syn_answered/bare", always, {{strays(wire::kSyn, true), {Reason::kSynChallenged}}}},
        {"ack_flood",
         always,
         // One in some ten million is a good cookie by chance.
         {{strays(wire::kAck, true),
           {Reason::kCookieInvalid, Reason::kCookieNotOutstanding, Reason::kCookieRedeemed}}}},
        {"cookie_redeemed",
         always,
         {{each_spare(kGone, &Connections::inject_client_ack), {Reason::kCookieRedeemed}}},
         challenged(kGone),
         played(kGone, &Connections::inject_client_reset)},
        {"server_connected",
         always,
         {{each_spare(kOpen, &Connections::inject_syn_ack), {Reason::kServerConnected}}},
         connecting(kOpen),
         played(kOpen, &Connections::inject_client_reset)},
        {"data/spliced", always, {{all_data, {Reason::kInConnection}}}},
        close("teardown/spliced", always),
        {"mixed", always, {{mixed, {Reason::kSynChallenged, Reason::kInConnection}}}},
        {"data/unspliced", never, {{all_data, {Reason::kInConnection}}}},
        {"syn_passed",
         never,
         {{each_spare(kGone, &Connections::inject_syn), {Reason::kSynUnchallenged}}},
         renewed(kGone),
         played(kGone, &Connections::inject_client_reset)},
        {"handshake/unspliced",
         never,
         {{each_spare(kOpen, &Connections::inject_syn), {Reason::kSynUnchallenged}},
          {each_spare(kOpen, &Connections::inject_syn_ack), {Reason::kSynAck}},
          {each_spare(kOpen, &Connections::inject_client_ack), {Reason::kHandshakeCompleted}}},
         renewed(kOpen),
         played(kOpen, &Connections::inject_client_reset)},
        close("teardown/unspliced", never),
    };
}

std::optional<Cost> run_round(Box& box, const Figure& figure) {
    Cost cost;
    bool as_expected = true;
    figure.prepare(box);
    box.connections().inject_unseen(figure.subject != Figure::Subject::kBox);
    for (const Step& step : figure.steps) {
        step.inject(box);
        const std::uint64_t before = box.count(step.expected);
        cost.cycles += figure.subject == Figure::Subject::kBox
                           ? box.run_measured()
                           : box.run_floor(figure.subject == Figure::Subject::kFloorThatTouches);
        cost.packets += Rig::kRound;
        as_expected &= step.expected.empty() || box.count(step.expected) - before == Rig::kRound;
        box.drain();
    }
    box.connections().inject_unseen(false);
    figure.clean(box);
    return as_expected ? std::optional{cost} : std::nullopt;
}

}  // namespace synward::bench
