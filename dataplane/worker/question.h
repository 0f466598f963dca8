// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>

#include "defense/defender.h"
#include "flow/table.h"
#include "tcp/time.h"
#include "tcp/tuple_hash.h"
#include "worker/capture.h"
#include "worker/rewriter.h"

namespace synward::worker {

/// What a question may look at and change: all of it is the answering worker's own.
struct Answering {
    flow::Table& table;
    defense::Defender& defender;
    Rewriter& rewriter;
    const tcp::TupleHasher& hasher;
    CaptureSeat& capture_seat;
    tcp::Time now;
};

/// What the control thread wants to know of one worker, or wants it to do. It brings the room for
/// the answer with it, as a worker allocates nothing.
class Question {
  public:
    Question() = default;
    virtual ~Question() = default;
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    /// Works on the answer, looking at `places` places of a table at most; true: it is complete.
    /// Worker's thread, between two batches.
    virtual bool work(const Answering& worker, unsigned places) = 0;
};

/// How a question gets to a worker and back: room for one, from the one thread that asks to the one
/// that answers. Whoever asks keeps what waits, so that a worker never has more than one thing to
/// do besides its packets.
class QuestionBox {
  public:
    /// Hands `question` over, which must live and be left alone until it comes back. Only while no
    /// other is out. Asking thread.
    void ask(Question& question) { asked_.store(&question, std::memory_order_release); }
    /// The question, once it is answered; nullptr before. Asking thread.
    Question* take_answered() {
        return answered_.load(std::memory_order_relaxed) == nullptr
                   ? nullptr
                   : answered_.exchange(nullptr, std::memory_order_acquire);
    }

    /// The open question, or nullptr. Answering thread.
    [[nodiscard]] Question* asked() const { return asked_.load(std::memory_order_acquire); }
    /// The open question is answered. Answering thread.
    void answer() {
        Question* const question = asked_.load(std::memory_order_relaxed);
        // First, as the next one may be asked as soon as this one is back.
        asked_.store(nullptr, std::memory_order_relaxed);
        answered_.store(question, std::memory_order_release);
    }

  private:
    alignas(64) std::atomic<Question*> asked_{nullptr};
    alignas(64) std::atomic<Question*> answered_{nullptr};
};

}  // namespace synward::worker
