// SPDX-License-Identifier: BSD-3-Clause
//
// The model against a data plane in which one rule is broken: it must find a history that does not
// hold, and say why. The first argument is a part of what it is to say.
#include <cstdio>
#include <string>

#include "../search.h"

namespace synward::model {
namespace {

constexpr unsigned kSegments = 7;
constexpr unsigned kHistories = 20'000;

int judge(const std::string& expected) {
    std::optional<Counterexample> found = run_random(1, kHistories).counterexample;
    for (const auto challenge : {defense::Challenge::kOverBudget, defense::Challenge::kAlways}) {
        if (!found) {
            found = explore({.challenge = challenge}, kSegments, 4).counterexample;
        }
    }
    if (!found) {
        std::printf("NOT FOUND: the model does not notice\n");
        return 1;
    }
    found = shrunk(*found);
    std::printf("%s\n", explain(*found).c_str());
    if (found->failure.find(expected) == std::string::npos) {
        std::printf("NOT AS EXPECTED: %s\n", expected.c_str());
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace synward::model

int main(int count, char** arguments) {
    return count == 2 ? synward::model::judge(arguments[1]) : 2;
}
