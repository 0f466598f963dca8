// SPDX-License-Identifier: BSD-3-Clause
#include <random>

#include "search.h"

namespace synward::model {
namespace {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_{seed * 0x9e37'79b9'7f4a'7c15U + 1} {}
    std::uint32_t number() {  // splitmix64
        state_ += 0x9e37'79b9'7f4a'7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11ebU;
        return static_cast<std::uint32_t>((mixed ^ (mixed >> 31U)) >> 16U);
    }
    std::uint32_t below(std::uint32_t count) { return number() % count; }
    bool one_in(std::uint32_t count) { return below(count) == 0; }
    template <typename Value, std::size_t count>
    Value one_of(const Value (&values)[count]) {
        return values[below(count)];
    }

  private:
    std::uint64_t state_;
};

Habits random_habits(Dice& dice, bool listens) {
    Habits habits{.listens = listens};
    habits.delays_acks = dice.one_in(2);
    habits.timestamps = !dice.one_in(3);
    habits.scales = !dice.one_in(4);
    habits.scale = dice.one_of<std::uint8_t>({0, 1, 2, 7, 7, 9, 14});
    habits.mss = dice.one_of<std::uint16_t>({536, 1220, 1460, 8960});
    habits.buffer =
        dice.one_of<std::uint32_t>({2000, 65'535, 65'535, 300'000, 1U << 20U, 1U << 29U});
    if (habits.scales) {  // a smaller one cannot be told
        habits.buffer = std::max(habits.buffer, 8U << habits.scale);
    }
    habits.most = dice.one_of<std::uint32_t>({1, 3, 536, 1460, 9000, 60'000});
    return habits;
}

/// How the network and the users of one history are.
struct Mood {
    std::uint32_t loss, duplication, reordering, calls, closes, timers;
};

Choice choose(const std::vector<Choice>& choices, const Mood& mood, Dice& dice) {
    for (;;) {
        const Choice choice = choices[dice.below(static_cast<std::uint32_t>(choices.size()))];
        switch (choice.what) {
            case What::kDeliver:
                if (choice.which != 0 && !dice.one_in(mood.reordering)) {
                    continue;
                }
                if (dice.one_in(mood.loss)) {
                    return {What::kLose, choice.which};
                }
                return choice;
            case What::kDuplicate:
                if (!dice.one_in(mood.duplication)) {
                    continue;
                }
                return choice;
            case What::kRetransmit:
                if (choices.size() > 2 && !dice.one_in(mood.timers)) {
                    continue;
                }
                return choice;
            case What::kClose:
            case What::kEndTimeWait:
            case What::kNap:
            case What::kTick:
                if (choices.size() > 2 && !dice.one_in(mood.closes)) {
                    continue;
                }
                return choice;
            case What::kAbort:
            case What::kOldSyn:
                if (choices.size() > 2 && !dice.one_in(4 * mood.closes)) {
                    continue;
                }
                return choice;
            default:
                if (choices.size() > 2 && !dice.one_in(mood.calls)) {
                    continue;
                }
                return choice;
        }
    }
}

/// What the random histories leave out: a server that takes up the ports again while segments of
/// the connection before are under way. Nobody can tell which of two of its SYN-ACKs counts.
bool is_left_out(World& world, const Scenario& scenario, Choice choice) {
    const Side side = choice.which == 0 ? Side::kOutside : Side::kInside;
    const bool is_open =
        world.end(Side::kOutside).is_synchronized() && world.end(Side::kInside).is_synchronized();
    const bool opens_again =
        choice.what == What::kOpen && world.end(side).incarnation() != 0 && world.is_opening();
    // A client may abort at any time, unless its server's next connection may begin within the
    // window of the one before, or an old SYN makes it begin: which of two is spoken of nobody can
    // tell.
    const bool has_window_of_two =
        std::max(scenario.client.buffer, scenario.server.buffer) >= scenario.server.second_isn_step;
    const bool aborts_early =
        choice.what == What::kAbort && (!is_open || world.is_opening()) &&
        (side == Side::kInside || scenario.old_syns != 0 || has_window_of_two);
    return opens_again || aborts_early ||
           (choice.what == What::kClose && (scenario.old_syns != 0 || scenario.opens[0] > 1) &&
            world.end(side).state() == State::kSynReceived);
}

}  // namespace

Scenario random_scenario(std::uint64_t seed) {
    Dice dice{seed};
    Scenario scenario;
    scenario.challenge = dice.one_of({defense::Challenge::kAlways, defense::Challenge::kAlways,
                                      defense::Challenge::kOverBudget,
                                      defense::Challenge::kOverBudget, defense::Challenge::kNever});
    scenario.client = random_habits(dice, false);
    scenario.server = random_habits(dice, true);
    // The box promises timestamps here. Where the server refuses them it cannot make up for it:
    // such a client must take segments without, as all common stacks do.
    scenario.client.insists_on_timestamps = scenario.server.timestamps;
    const auto isn = [&dice] {
        return Number{dice.one_in(2) ? dice.number() : 0U - dice.below(100'000)};
    };
    scenario.client_isn = isn();
    scenario.server_isn = isn();
    scenario.addresses.ipv6 = dice.one_in(3);
    const bool challenged = scenario.challenge == defense::Challenge::kAlways;
    scenario.opens = {static_cast<std::uint8_t>(1 + dice.below(2)),
                      static_cast<std::uint8_t>(!challenged && dice.one_in(8) ? 1 : 0)};
    for (unsigned side = 0; side < 2; ++side) {
        scenario.sends[side] = static_cast<std::uint8_t>(dice.below(6));
        scenario.octets[side] = dice.one_of<std::uint32_t>({1, 2, 10, 3000, 60'000, 200'000});
        const Habits& own = side == 0 ? scenario.client : scenario.server;
        const Habits& peers = side == 0 ? scenario.server : scenario.client;
        scenario.octets[side] =
            std::min(scenario.octets[side], 3 * std::min(own.most, peers.buffer));
        scenario.aborts[side] = dice.one_in(4) ? 1 : 0;
    }
    if (scenario.opens[0] > 1) {
        // A handshake of an aborted connection that the network delivers within the next one's is
        // told from it by neither a box nor RFC 9293's figure 10 at once; resets and ports used
        // again are each tried by themselves.
        scenario.aborts = {0, 0};
    }
    if (scenario.opens[1] != 0) {
        // Both open once, before anything else (run_random). A simultaneous open across an earlier
        // connection of the same ports is more than a box can follow, which does not know what has
        // reached the ends.
        scenario.opens = {1, 1};
        scenario.server.listens = false;
        scenario.aborts = {0, 0};
    }
    scenario.duplicates = static_cast<std::uint8_t>(dice.below(5));
    scenario.old_syns = scenario.opens[1] == 0 && dice.one_in(4) ? 1 : 0;
    scenario.ticks = static_cast<std::uint8_t>(dice.below(12));
    scenario.keep_alives = static_cast<std::uint8_t>(dice.below(3));
    if (scenario.opens[0] > 1) {
        // Below its ISN, a challenged client's keep-alive may fall into a window of half a gigabyte
        // that its last connection has left.
        scenario.keep_alives = 0;
    }
    scenario.naps = static_cast<std::uint8_t>(dice.below(3));
    scenario.idles = static_cast<std::uint8_t>(dice.below(2));
    scenario.resets_on_expiry = dice.one_in(4);
    return scenario;
}

RandomRun run_random(std::uint64_t first_seed, std::uint64_t count, std::uint64_t step) {
    RandomRun run;
    std::vector<Choice> choices;
    History history;
    for (std::uint64_t number = 0; number < count; ++number) {
        const std::uint64_t seed = first_seed + number * step;
        const Scenario scenario = random_scenario(seed);
        World world{scenario};
        Dice dice{~seed};
        Mood mood{.loss = dice.one_of<std::uint32_t>({3, 10, 30, 1000}),
                  .duplication = dice.one_of<std::uint32_t>({3, 10}),
                  .reordering = dice.one_of<std::uint32_t>({1, 2, 10, 100}),
                  .calls = dice.one_of<std::uint32_t>({1, 2, 5}),
                  .closes = dice.one_of<std::uint32_t>({3, 10, 30}),
                  .timers = dice.one_of<std::uint32_t>({3, 10, 30})};
        if (scenario.old_syns != 0) {
            // A SYN-ACK to it that a later one has overtaken counts with the box, which trusts its
            // server; the next retransmission makes up for it.
            mood.reordering = 1U << 20U;
        }
        const unsigned length = 20 + dice.below(60);
        history.clear();
        if (scenario.opens[1] != 0) {
            history = {{What::kOpen, 0}, {What::kOpen, 1}};
            world.apply(history[0]);
            world.apply(history[1]);
        }
        for (unsigned step_number = 0; step_number < length && world.failure().empty();
             ++step_number) {
            world.list_choices(choices);
            if (choices.empty()) {
                break;
            }
            const Choice choice = choose(choices, mood, dice);
            if (is_left_out(world, scenario, choice)) {
                continue;
            }
            history.push_back(choice);
            world.apply(history.back());
        }
        const bool holds_so_far = world.failure().empty();
        const bool loses = dice.one_in(2);
        if (holds_so_far) {
            world.settle(loses);
        }
        ++run.histories;
        run.segments += world.emitted();
        for (std::size_t reason = 0; reason < run.reasons.size(); ++reason) {
            run.reasons[reason] += world.reasons()[reason];
        }
        if (!world.failure().empty()) {
            run.counterexample = {scenario, history, holds_so_far, loses, world.failure()};
            break;
        }
    }
    return run;
}

}  // namespace synward::model
