// SPDX-License-Identifier: BSD-3-Clause
#include "wire/tcp_options.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace synward::wire {
namespace {

constexpr unsigned kMssLength = 4;
constexpr unsigned kWindowScaleLength = 3;
constexpr unsigned kSackPermittedLength = 2;
constexpr unsigned kTimestampsLength = 10;
constexpr unsigned kSackBlockLength = 8;
constexpr unsigned kMaximumSackBlocks = 4;
constexpr unsigned kHeadLength = 2;  // an option's kind and length
constexpr unsigned kAlignment = 2;   // NOPs in front of an option, so that its value is aligned

template <typename Value>
Value read(const std::uint8_t* bytes) {
    Value value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// Calls `visit(kind, position, length)` for each option that has a length, `position` being that
/// of its kind. False: an option's length is illegal, or `visit` returned false.
template <typename Visitor>
bool for_each_option(std::span<const std::uint8_t> options, Visitor&& visit) {
    unsigned position = 0;
    while (position < options.size() && options[position] != kOptionEnd) {
        if (options[position] == kOptionNoOperation) {
            ++position;
            continue;
        }
        const std::size_t rest = options.size() - position;
        if (rest < kHeadLength) {
            return false;
        }
        const unsigned length = options[position + 1];
        if (length < kHeadLength || length > rest || !visit(options[position], position, length)) {
            return false;
        }
        position += length;
    }
    return true;
}

constexpr bool is_sack_length(std::size_t length) {
    return length > kHeadLength && length <= kHeadLength + kMaximumSackBlocks * kSackBlockLength &&
           (length - kHeadLength) % kSackBlockLength == 0;
}

constexpr std::uint8_t sack_blocks(std::size_t length) {
    return static_cast<std::uint8_t>((length - kHeadLength) / kSackBlockLength);
}

/// Whether an option of `kind` and `length` lies at `position` behind two NOPs: how the common
/// stacks align it (RFC 7323 appendix A). Four bytes there can be read.
bool is_aligned_option(std::span<const std::uint8_t> options, unsigned position, std::uint8_t kind,
                       std::size_t length) {
    const std::uint8_t head[4] = {kOptionNoOperation, kOptionNoOperation, kind,
                                  static_cast<std::uint8_t>(length)};
    return std::memcmp(options.data() + position, head, sizeof head) == 0;
}

/// Eight bytes of an options text of which the masked ones are known.
class Pattern {
  public:
    /// -1 stands for any byte.
    constexpr explicit Pattern(const std::array<int, 8>& bytes) {
        for (unsigned i = 0; i < bytes.size(); ++i) {
            if (bytes[i] >= 0) {
                value_ |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
                mask_ |= std::uint64_t{0xff} << (8 * i);
            }
        }
    }
    [[nodiscard]] bool matches(const std::uint8_t* text) const {
        return (read<std::uint64_t>(text) & mask_) == value_;
    }
    /// The known bytes, and zeros.
    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

  private:
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t value_ = 0;
    std::uint64_t mask_ = 0;
};

// The layouts of nearly all SYNs are known at one look. Linux, Android, and SYN-ACKs of this box:
// MSS, SACK permitted, timestamps, NOP, window scale.
constexpr unsigned kLinuxLength = 20;
constexpr unsigned kLinuxTailAt = 12;
constexpr Pattern kLinuxHead{{kOptionMss, kMssLength, -1, -1, kOptionSackPermitted,
                              kSackPermittedLength, kOptionTimestamps, kTimestampsLength}};
constexpr Pattern kLinuxTail{
    {-1, -1, -1, -1, kOptionNoOperation, kOptionWindowScale, kWindowScaleLength, -1}};
// Windows: MSS, NOP, window scale, NOP, NOP, SACK permitted.
constexpr unsigned kWindowsLength = 12;
constexpr unsigned kWindowsTailAt = 4;
constexpr Pattern kWindowsHead{{kOptionMss, kMssLength, -1, -1, kOptionNoOperation,
                                kOptionWindowScale, kWindowScaleLength, -1}};
constexpr Pattern kWindowsTail{{kOptionNoOperation, kOptionWindowScale, kWindowScaleLength, -1,
                                kOptionNoOperation, kOptionNoOperation, kOptionSackPermitted,
                                kSackPermittedLength}};

/// Whether `options` is one of these layouts, which then has been read into `result`.
bool read_usual_options(std::span<const std::uint8_t> options, HandshakeOptions& result) {
    const std::uint8_t* const text = options.data();
    const auto read_mss_and_scale = [&](unsigned scale_at) {
        result.mss = read<Big16>(text + kHeadLength).host();
        result.window_scale = std::min(text[scale_at], kMaximumWindowScale);
        result.sack_permitted = true;
    };
    if (options.size() == kLinuxLength && kLinuxHead.matches(text) &&
        kLinuxTail.matches(text + kLinuxTailAt)) [[likely]] {
        read_mss_and_scale(kLinuxLength - 1);
        result.timestamps = timestamps_at(options, 8);
        return true;
    }
    if (options.size() == kWindowsLength && kWindowsHead.matches(text) &&
        kWindowsTail.matches(text + kWindowsTailAt)) {
        read_mss_and_scale(kWindowsTailAt + 3);
        return true;
    }
    return options.empty();
}

/// The layout of Linux, of options that are all there.
unsigned write_all_options(const HandshakeOptions& options, std::uint8_t* target) {
    const auto put = [&](unsigned position, auto value) {
        std::memcpy(target + position, &value, sizeof value);
    };
    put(0, kLinuxHead.value() | std::uint64_t{Big16::from_host(*options.mss).raw()} << 16U);
    put(8, std::uint64_t{Big32::from_host(options.timestamps->value).raw()} |
               std::uint64_t{Big32::from_host(options.timestamps->echo_reply).raw()} << 32U);
    put(16, static_cast<std::uint32_t>(kLinuxTail.value() >> 32U) |
                std::uint32_t{*options.window_scale} << 24U);
    return kLinuxLength;
}

class Writer {
  public:
    explicit Writer(std::span<std::uint8_t> target) : target_{target} {}
    void byte(unsigned value) { target_[length_++] = static_cast<std::uint8_t>(value); }
    void head(std::uint8_t kind, unsigned length) {
        byte(kind);
        byte(length);
    }
    void no_operations(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            byte(kOptionNoOperation);
        }
    }
    template <typename Value>
    void value(Value value) {
        std::memcpy(target_.subspan(length_, sizeof value).data(), &value, sizeof value);
        length_ += static_cast<unsigned>(sizeof value);
    }
    [[nodiscard]] unsigned length() const { return length_; }

  private:
    std::span<std::uint8_t> target_;
    unsigned length_ = 0;
};

}  // namespace

std::optional<HandshakeOptions> read_handshake_options(std::span<const std::uint8_t> options) {
    HandshakeOptions result;
    if (read_usual_options(options, result)) [[likely]] {
        return result;
    }
    const auto read_option = [&](std::uint8_t kind, unsigned position, unsigned length) {
        const std::uint8_t* const value = options.data() + position + kHeadLength;
        switch (kind) {
            case kOptionMss:
                if (length == kMssLength) {
                    result.mss = read<Big16>(value).host();
                }
                return length == kMssLength;
            case kOptionWindowScale:
                if (length == kWindowScaleLength) {
                    // RFC 7323 section 2.3: a greater shift is used as if it were 14.
                    result.window_scale = std::min(*value, kMaximumWindowScale);
                }
                return length == kWindowScaleLength;
            case kOptionSackPermitted:
                result.sack_permitted = true;
                return length == kSackPermittedLength;
            case kOptionTimestamps:
                if (length == kTimestampsLength) {
                    result.timestamps = timestamps_at(options, position + kHeadLength);
                }
                return length == kTimestampsLength;
            case kOptionMd5Signature:
            case kOptionAuthentication:
                result.is_signed = true;
                return true;
            default:
                return true;
        }
    };
    if (!for_each_option(options, read_option)) {
        return std::nullopt;
    }
    return result;
}

std::optional<OptionPositions> find_options(std::span<const std::uint8_t> options) {
    OptionPositions result;
    constexpr unsigned kTimestampsEnd = kAlignment + kTimestampsLength;
    if (options.size() >= kTimestampsEnd &&
        is_aligned_option(options, 0, kOptionTimestamps, kTimestampsLength)) [[likely]] {
        constexpr unsigned kSackStart = kTimestampsEnd + kAlignment;
        result.timestamps = kAlignment + kHeadLength;
        if (options.size() == kTimestampsEnd) [[likely]] {
            return result;
        }
        // Alone behind the timestamps, and nothing behind it.
        if (options.size() > kSackStart && is_sack_length(options.size() - kSackStart) &&
            is_aligned_option(options, kTimestampsEnd, kOptionSack, options.size() - kSackStart)) {
            result.sack = kSackStart + kHeadLength;
            result.sack_blocks = sack_blocks(options.size() - kSackStart);
            return result;
        }
    }
    const auto note_position = [&](std::uint8_t kind, unsigned position, unsigned length) {
        const auto value = static_cast<std::uint8_t>(position + kHeadLength);
        if (kind == kOptionTimestamps) {
            result.timestamps = value;
            return length == kTimestampsLength;
        }
        if (kind == kOptionSack) {
            result.sack = value;
            result.sack_blocks = sack_blocks(length);
            return is_sack_length(length);
        }
        return true;
    };
    if (!for_each_option(options, note_position)) {
        return std::nullopt;
    }
    return result;
}

Timestamps timestamps_at(std::span<const std::uint8_t> options, unsigned position) {
    return {read<Big32>(options.data() + position).host(),
            read<Big32>(options.data() + position + sizeof(Big32)).host()};
}

void blank_fast_open(std::span<std::uint8_t> options) {
    for_each_option(options, [&](std::uint8_t kind, unsigned position, unsigned length) {
        const bool is_experiment =
            kind == kOptionExperimental && length >= kHeadLength + sizeof(Big16) &&
            read<Big16>(&options[position + kHeadLength]).host() == kExperimentFastOpen;
        if (kind == kOptionFastOpen || is_experiment) {
            std::fill_n(&options[position], length, kOptionNoOperation);
        }
        return true;
    });
}

unsigned write_handshake_options(const HandshakeOptions& options, std::span<std::uint8_t> target) {
    if (options.mss && options.sack_permitted && options.timestamps && options.window_scale)
        [[likely]] {
        return write_all_options(options, target.data());
    }
    Writer writer{target};
    if (options.mss) {
        writer.head(kOptionMss, kMssLength);
        writer.value(Big16::from_host(*options.mss));
    }
    // NOPs come in front, so that the timestamps lie at a multiple of four (RFC 7323 appendix A).
    // SACK permitted, where it is sent, takes their place.
    if (options.sack_permitted) {
        if (!options.timestamps) {
            writer.no_operations(kAlignment);
        }
        writer.head(kOptionSackPermitted, kSackPermittedLength);
    }
    if (options.timestamps) {
        if (!options.sack_permitted) {
            writer.no_operations(kAlignment);
        }
        writer.head(kOptionTimestamps, kTimestampsLength);
        writer.value(Big32::from_host(options.timestamps->value));
        writer.value(Big32::from_host(options.timestamps->echo_reply));
    }
    if (options.window_scale) {
        writer.no_operations(1);
        writer.head(kOptionWindowScale, kWindowScaleLength);
        writer.byte(*options.window_scale);
    }
    return writer.length();
}

}  // namespace synward::wire
