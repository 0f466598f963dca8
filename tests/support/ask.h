// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <stdexcept>
#include <thread>

#include "worker/engine.h"
#include "worker/question.h"

namespace synward::test {

/// Asks worker number `index` and waits for its answer; `turn` is called meanwhile, again and
/// again. Throws std::runtime_error where none comes within half a minute.
template <typename Turn>
void ask(worker::Engine& engine, std::size_t index, worker::Question& question, Turn&& turn) {
    worker::QuestionBox& box = engine.workers()[index]->questions();
    box.ask(question);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (box.take_answered() == nullptr) {
        turn();
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error{"a question without an answer"};
        }
    }
}

}  // namespace synward::test
