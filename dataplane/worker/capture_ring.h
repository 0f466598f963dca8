// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include "tcp/time.h"
#include "wire/reason.h"

namespace synward::worker {

/// How a captured packet met the box.
enum class CapturedAs : std::uint8_t {
    kArrival,    ///< as it came in
    kReleased,   ///< a held segment as it came in once, when it was decided again
    kDeparture,  ///< as it leaves
};

/// What is known of a captured packet besides its bytes.
struct CapturedPacket {
    tcp::Time time{};
    std::uint32_t length = 0;   ///< of the frame
    std::uint32_t kept = 0;     ///< of it, what was copied
    std::uint16_t port = 0;     ///< by which it came or leaves (DPDK's number)
    std::uint16_t service = 0;  ///< kNoService: of none
    wire::Reason reason = wire::Reason::kNotTcp;
    CapturedAs as = CapturedAs::kArrival;

    static constexpr std::uint16_t kNoService = 0xffff;
};

/// Copies of packets on their way from one worker to the thread that writes them down. Bounded;
/// neither end waits for the other, and nothing is allocated after construction.
class CaptureRing {
  public:
    /// Room for `slots` packets (a power of two), of each of which `snap` bytes are kept.
    CaptureRing(std::uint32_t slots, std::uint32_t snap)
        : mask_{slots - 1},
          snap_{snap},
          stride_{(sizeof(CapturedPacket) + snap + kCacheLine - 1) / kCacheLine * kCacheLine},
          memory_{static_cast<std::byte*>(
              ::operator new (stride_* slots, std::align_val_t{kCacheLine}))} {}

    [[nodiscard]] std::uint32_t snap() const { return snap_; }

    // The worker's end.

    /// Where the next packet goes, its bytes behind it; nullptr: there is no room.
    CapturedPacket* reserve() {
        if (written_ - taken_seen_ > mask_) {
            taken_seen_ = taken_.load(std::memory_order_acquire);
            if (written_ - taken_seen_ > mask_) {
                return nullptr;
            }
        }
        return new (slot(written_)) CapturedPacket;
    }
    /// The packet at reserve() is complete.
    void publish() { published_.store(++written_, std::memory_order_release); }
    static std::uint8_t* bytes_of(CapturedPacket& packet) {
        return reinterpret_cast<std::uint8_t*>(&packet + 1);
    }

    // The other end.

    /// The oldest packet that is left, or nullptr. Stays until pop().
    [[nodiscard]] const CapturedPacket* front() const {
        const std::uint32_t next = taken_.load(std::memory_order_relaxed);
        return published_.load(std::memory_order_acquire) == next
                   ? nullptr
                   : std::launder(reinterpret_cast<const CapturedPacket*>(slot(next)));
    }
    static std::span<const std::uint8_t> bytes_of(const CapturedPacket& packet) {
        return {reinterpret_cast<const std::uint8_t*>(&packet + 1), packet.kept};
    }
    void pop() {
        taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

  private:
    static constexpr std::size_t kCacheLine = 64;
    struct Free {
        void operator()(std::byte* memory) const {
            ::operator delete (memory, std::align_val_t{kCacheLine});
        }
    };
    [[nodiscard]] std::byte* slot(std::uint32_t number) const {
        return memory_.get() + (number & mask_) * stride_;
    }

    std::uint32_t mask_;
    std::uint32_t snap_;
    std::size_t stride_;
    std::unique_ptr<std::byte, Free> memory_;
    alignas(kCacheLine) std::uint32_t written_ = 0;  // the worker's own
    std::uint32_t taken_seen_ = 0;                   // the worker's own
    alignas(kCacheLine) std::atomic<std::uint32_t> published_{0};
    alignas(kCacheLine) std::atomic<std::uint32_t> taken_{0};
};

}  // namespace synward::worker
