// SPDX-License-Identifier: BSD-3-Clause
//
// The options texts of nearly all SYNs and SYN-ACKs, which are read and written at one look.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/tcp_options.h"

namespace synward::wire {

/// Eight bytes of an options text of which the masked ones are known.
class OptionsPattern {
  public:
    /// -1 stands for any byte.
    constexpr explicit OptionsPattern(const std::array<int, 8>& bytes) {
        for (unsigned i = 0; i < bytes.size(); ++i) {
            if (bytes[i] >= 0) {
                value_ |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
                mask_ |= std::uint64_t{0xff} << (8 * i);
            }
        }
    }
    [[nodiscard]] bool matches(const std::uint8_t* text) const {
        return (read_at<std::uint64_t>(text) & mask_) == value_;
    }
    /// The known bytes, and zeros.
    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
    /// All ones in the known bytes.
    [[nodiscard]] constexpr std::uint64_t mask() const { return mask_; }

  private:
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t value_ = 0;
    std::uint64_t mask_ = 0;
};

// The layouts of nearly all SYNs are known at one look. Linux, Android, and SYN-ACKs of this box:
// MSS, SACK permitted, timestamps, NOP, window scale.
inline constexpr unsigned kLinuxOptionsLength = 20;
inline constexpr unsigned kLinuxOptionsTailAt = 12;
inline constexpr OptionsPattern kLinuxOptionsHead{{kOptionMss, kOptionMssLength, -1, -1,
                                                   kOptionSackPermitted, kOptionSackPermittedLength,
                                                   kOptionTimestamps, kOptionTimestampsLength}};
inline constexpr OptionsPattern kLinuxOptionsTail{
    {-1, -1, -1, -1, kOptionNoOperation, kOptionWindowScale, kOptionWindowScaleLength, -1}};
// Windows: MSS, NOP, window scale, NOP, NOP, SACK permitted.
inline constexpr unsigned kWindowsOptionsLength = 12;
inline constexpr unsigned kWindowsOptionsTailAt = 4;
inline constexpr OptionsPattern kWindowsOptionsHead{{kOptionMss, kOptionMssLength, -1, -1,
                                                     kOptionNoOperation, kOptionWindowScale,
                                                     kOptionWindowScaleLength, -1}};
inline constexpr OptionsPattern kWindowsOptionsTail{
    {kOptionNoOperation, kOptionWindowScale, kOptionWindowScaleLength, -1, kOptionNoOperation,
     kOptionNoOperation, kOptionSackPermitted, kOptionSackPermittedLength}};

inline bool are_linux_options(std::span<const std::uint8_t> options) {
    return options.size() == kLinuxOptionsLength && kLinuxOptionsHead.matches(options.data()) &&
           kLinuxOptionsTail.matches(options.data() + kLinuxOptionsTailAt);
}

/// What are_linux_options() say, as read_handshake_options() reads it.
struct LinuxOptions {
    static std::uint16_t mss(const std::uint8_t* text) {
        return read_at<Big16>(text + kOptionHeadLength).host();
    }
    static std::uint8_t window_scale(const std::uint8_t* text) {
        return std::min(text[kLinuxOptionsLength - 1], kMaximumWindowScale);
    }
    static Timestamps timestamps(const std::uint8_t* text) {
        return timestamps_at({text, kLinuxOptionsLength}, 8);
    }
};

/// Whether `options` is one of these layouts, which then has been read into `result`.
inline bool read_usual_options(std::span<const std::uint8_t> options, HandshakeOptions& result) {
    const std::uint8_t* const text = options.data();
    if (are_linux_options(options)) [[likely]] {
        result.mss = LinuxOptions::mss(text);
        result.window_scale = LinuxOptions::window_scale(text);
        result.sack_permitted = true;
        result.timestamps = LinuxOptions::timestamps(text);
        return true;
    }
    if (options.size() == kWindowsOptionsLength && kWindowsOptionsHead.matches(text) &&
        kWindowsOptionsTail.matches(text + kWindowsOptionsTailAt)) {
        result.mss = read_at<Big16>(text + kOptionHeadLength).host();
        result.window_scale = std::min(text[kWindowsOptionsTailAt + 3], kMaximumWindowScale);
        result.sack_permitted = true;
        return true;
    }
    return options.empty();
}

/// The options text of Linux's layout as it lies in memory, to be written and summed up without
/// being read back.
struct LinuxOptionsText {
    std::uint64_t head;        ///< bytes 0-7: all in front of the timestamps' values
    std::uint64_t timestamps;  ///< bytes 8-15
    std::uint32_t tail;        ///< bytes 16-19

    /// Whether all of `options` are there.
    static bool holds(const HandshakeOptions& options) {
        return options.mss && options.sack_permitted && options.timestamps && options.window_scale;
    }
    /// For options that it holds().
    explicit LinuxOptionsText(const HandshakeOptions& options)
        : head{kLinuxOptionsHead.value() | std::uint64_t{Big16::from_host(*options.mss).raw()}
                                               << 16U},
          timestamps{Big32::from_host(options.timestamps->value).raw() |
                     std::uint64_t{Big32::from_host(options.timestamps->echo_reply).raw()} << 32U},
          tail{static_cast<std::uint32_t>(kLinuxOptionsTail.value() >> 32U) |
               std::uint32_t{*options.window_scale} << 24U} {}

    void write(std::uint8_t* target) const {
        std::memcpy(target, &head, sizeof head);
        std::memcpy(target + 8, &timestamps, sizeof timestamps);
        std::memcpy(target + 16, &tail, sizeof tail);
    }
};

}  // namespace synward::wire
