// SPDX-License-Identifier: BSD-3-Clause
#include "control/inquiries.h"

#include <chrono>
#include <utility>

namespace synward::control {
namespace {

constexpr std::chrono::milliseconds kLookInterval{1};

}  // namespace

Inquiries::Inquiries(EventLoop& loop, worker::Engine& engine)
    : loop_{loop}, engine_{engine}, lines_(engine.workers().size()) {}

Inquiries::~Inquiries() {
    if (open_ != 0) {
        engine_.stop();
    }
}

void Inquiries::ask(std::size_t worker, std::shared_ptr<worker::Question> question,
                    Answered answered) {
    auto& line = lines_[worker];
    line.push_back({std::move(question), std::move(answered)});
    if (line.size() == 1) {
        engine_.workers()[worker]->questions().ask(*line.front().question);
    }
    if (open_++ == 0) {
        timer_ = loop_.every(kLookInterval, [this] { look(); });
    }
}

void Inquiries::look() {
    for (std::size_t worker = 0; worker < lines_.size(); ++worker) {
        worker::QuestionBox& box = engine_.workers()[worker]->questions();
        if (box.take_answered() == nullptr) {
            continue;
        }
        auto& line = lines_[worker];
        const Open done = std::move(line.front());
        line.pop_front();
        if (!line.empty()) {
            box.ask(*line.front().question);
        }
        --open_;
        done.answered();
    }
    if (open_ == 0) {
        timer_ = {};
    }
}

}  // namespace synward::control
