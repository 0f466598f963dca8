// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "control/inquiries.h"
#include "worker/capture.h"

namespace synward::control {

/// A capture at each worker. Control thread.
class CaptureSeats {
  public:
    /// Seats one of `captures` at each worker, in their order.
    CaptureSeats(Inquiries& inquiries, std::vector<std::shared_ptr<worker::Capture>> captures);

    /// Has each worker give its capture up; `left` is called, from the loop, when none has one any
    /// more. The captures live until then, even where this object does not. Once.
    void leave(const std::function<void()>& left);

    /// The packet that was captured first of those that wait, and removes it; false: none waits.
    /// `take` gets it with its bytes.
    bool take(const std::function<void(const worker::CapturedPacket&)>& take);
    /// Packets that found no room.
    [[nodiscard]] std::uint64_t lost() const;

  private:
    Inquiries& inquiries_;
    std::vector<std::shared_ptr<worker::Capture>> captures_;
};

}  // namespace synward::control
