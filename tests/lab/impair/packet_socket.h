// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace synward::impair {

/// All that a device receives, and a way to send on it: a packet socket with a ring for what comes
/// in. VLAN tags, which the kernel keeps beside the packet, are where they belong.
class PacketSocket {
  public:
    static constexpr std::size_t kBatch = 64;

    /// Throws std::system_error with the device's name.
    explicit PacketSocket(const std::string& device);
    ~PacketSocket();
    PacketSocket(const PacketSocket&) = delete;
    PacketSocket& operator=(const PacketSocket&) = delete;

    /// Calls `take` with each frame that waits, at most kBatch of them; returns how many.
    template <typename Take>
    std::size_t receive(Take take) {
        std::size_t count = 0;
        while (count < kBatch) {
            const std::span<const std::uint8_t> frame = front();
            if (frame.empty()) {
                break;
            }
            take(frame);
            pop();
            ++count;
        }
        return count;
    }
    /// Sends at most kBatch frames; returns how many of the first the device took.
    std::size_t send(std::span<const std::span<const std::uint8_t>> frames);

    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// The longest frame that is read whole.
    [[nodiscard]] std::uint32_t longest() const { return longest_; }
    /// Frames that found the ring full since the last call.
    std::uint64_t missed();

  private:
    std::span<const std::uint8_t> front();
    void pop();
    void open_ring(const std::string& device);

    int descriptor_;
    std::uint8_t* ring_ = nullptr;
    std::size_t ring_length_ = 0;
    std::uint32_t frame_length_ = 0;
    std::uint32_t frames_ = 0;
    std::uint32_t place_ = 0;
    std::uint32_t longest_ = 0;
};

}  // namespace synward::impair
