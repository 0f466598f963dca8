// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/capture.h"
#include "worker/question.h"

namespace synward::worker {

/// Puts `capture` into the worker's seat, or with nullptr takes the one out that is there: once
/// this is answered, the worker knows nothing of it any more.
class SeatCapture : public Question {
  public:
    explicit SeatCapture(Capture* capture) : capture_{capture} {}
    bool work(const Answering& worker, unsigned /*places*/) override {
        worker.capture_seat.capture = capture_;
        return true;
    }

  private:
    Capture* capture_;
};

}  // namespace synward::worker
