// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/policy_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/challenge_words.h"
#include "control/commands/arguments.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;

/// A policy that was refused is a failed command, with all that is wrong with it.
ordered_json result_of(const PolicyChange& change) {
    if (change.errors.empty()) {
        return {{"changes", change.changes}};
    }
    std::string message = "the policy in force stays:";
    for (const std::string& error : change.errors) {
        message += "\n  " + error;
    }
    throw CommandFailure{"refused", message};
}

defense::Challenge challenge_argument(const Arguments& arguments) {
    const std::string word = text_argument(arguments, "challenge").value_or("");
    const auto found = std::ranges::find(kChallengeWords, word);
    // Whether a service is only monitored is for its policy alone to say.
    if (found == kChallengeWords.end() || word == "monitor") {
        throw CommandFailure{"bad_argument",
                             "challenge: must be one of always, over-budget, never"};
    }
    return static_cast<defense::Challenge>(found - kChallengeWords.begin());
}

void require(bool is_there) {
    if (!is_there) {
        throw CommandFailure{"unsupported", "this run cannot change its policy"};
    }
}

}  // namespace

void add_policy_commands(Commands& commands, const Running& running) {
    commands.add_answer("reload", [&running](const Arguments& arguments) {
        require_known(arguments, {});
        require(static_cast<bool>(running.reload));
        return result_of(running.reload());
    });
    commands.add_answer("challenge", [&running](const Arguments& arguments) {
        require_known(arguments, {"service", "challenge"});
        require(static_cast<bool>(running.challenge));
        const defense::Challenge challenge = challenge_argument(arguments);
        return result_of(
            running.challenge(text_argument(arguments, "service").value_or(""), challenge));
    });
}

}  // namespace synward::control
