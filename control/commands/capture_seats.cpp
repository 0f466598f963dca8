// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/capture_seats.h"

#include <utility>

#include "worker/capture_questions.h"

namespace synward::control {
namespace {

/// Seats a capture, or takes it out, and holds on to it meanwhile.
class HeldSeat : public worker::SeatCapture {
  public:
    HeldSeat(std::shared_ptr<worker::Capture> capture, bool seats)
        : SeatCapture{seats ? capture.get() : nullptr}, capture_{std::move(capture)} {}

  private:
    std::shared_ptr<worker::Capture> capture_;
};

}  // namespace

CaptureSeats::CaptureSeats(Inquiries& inquiries,
                           std::vector<std::shared_ptr<worker::Capture>> captures)
    : inquiries_{inquiries}, captures_{std::move(captures)} {
    for (std::size_t worker = 0; worker < captures_.size(); ++worker) {
        inquiries_.ask(worker, std::make_shared<HeldSeat>(captures_[worker], true), [] {});
    }
}

void CaptureSeats::leave(const std::function<void()>& left) {
    const auto open = std::make_shared<std::size_t>(captures_.size());
    for (std::size_t worker = 0; worker < captures_.size(); ++worker) {
        inquiries_.ask(worker, std::make_shared<HeldSeat>(captures_[worker], false), [open, left] {
            if (--*open == 0) {
                left();
            }
        });
    }
}

bool CaptureSeats::take(const std::function<void(const worker::CapturedPacket&)>& take) {
    worker::CaptureRing* oldest = nullptr;
    for (const auto& capture : captures_) {
        worker::CaptureRing& ring = capture->ring();
        const auto* const front = ring.front();
        if (front != nullptr && (oldest == nullptr || front->time < oldest->front()->time)) {
            oldest = &ring;
        }
    }
    if (oldest == nullptr) {
        return false;
    }
    take(*oldest->front());
    oldest->pop();
    return true;
}

std::uint64_t CaptureSeats::lost() const {
    std::uint64_t lost = 0;
    for (const auto& capture : captures_) {
        lost += capture->lost();
    }
    return lost;
}

}  // namespace synward::control
