// SPDX-License-Identifier: BSD-3-Clause
#include "wire/tcp_options.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "wire/usual_options.h"

namespace synward::wire {
namespace {

constexpr unsigned kSackBlockLength = 8;
constexpr unsigned kMaximumSackBlocks = 4;
constexpr unsigned kAlignment = 2;  // NOPs in front of an option, so that its value is aligned

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
        if (rest < kOptionHeadLength) {
            return false;
        }
        const unsigned length = options[position + 1];
        if (length < kOptionHeadLength || length > rest ||
            !visit(options[position], position, length)) {
            return false;
        }
        position += length;
    }
    return true;
}

constexpr bool is_sack_length(std::size_t length) {
    return length > kOptionHeadLength &&
           length <= kOptionHeadLength + kMaximumSackBlocks * kSackBlockLength &&
           (length - kOptionHeadLength) % kSackBlockLength == 0;
}

constexpr std::uint8_t sack_blocks(std::size_t length) {
    return static_cast<std::uint8_t>((length - kOptionHeadLength) / kSackBlockLength);
}

/// Whether an option of `kind` and `length` lies at `position` behind two NOPs: how the common
/// stacks align it (RFC 7323 appendix A). Four bytes there can be read.
bool is_aligned_option(std::span<const std::uint8_t> options, unsigned position, std::uint8_t kind,
                       std::size_t length) {
    const std::uint8_t head[4] = {kOptionNoOperation, kOptionNoOperation, kind,
                                  static_cast<std::uint8_t>(length)};
    return std::memcmp(options.data() + position, head, sizeof head) == 0;
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
        const std::uint8_t* const value = options.data() + position + kOptionHeadLength;
        switch (kind) {
            case kOptionMss:
                if (length == kOptionMssLength) {
                    result.mss = read_at<Big16>(value).host();
                }
                return length == kOptionMssLength;
            case kOptionWindowScale:
                if (length == kOptionWindowScaleLength) {
                    // RFC 7323 section 2.3: a greater shift is used as if it were 14.
                    result.window_scale = std::min(*value, kMaximumWindowScale);
                }
                return length == kOptionWindowScaleLength;
            case kOptionSackPermitted:
                result.sack_permitted = true;
                return length == kOptionSackPermittedLength;
            case kOptionTimestamps:
                if (length == kOptionTimestampsLength) {
                    result.timestamps = timestamps_at(options, position + kOptionHeadLength);
                }
                return length == kOptionTimestampsLength;
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
    constexpr unsigned kTimestampsEnd = kAlignment + kOptionTimestampsLength;
    if (options.size() >= kTimestampsEnd &&
        is_aligned_option(options, 0, kOptionTimestamps, kOptionTimestampsLength)) [[likely]] {
        constexpr unsigned kSackStart = kTimestampsEnd + kAlignment;
        result.timestamps = kAlignment + kOptionHeadLength;
        if (options.size() == kTimestampsEnd) [[likely]] {
            return result;
        }
        // Alone behind the timestamps, and nothing behind it.
        if (options.size() > kSackStart && is_sack_length(options.size() - kSackStart) &&
            is_aligned_option(options, kTimestampsEnd, kOptionSack, options.size() - kSackStart)) {
            result.sack = kSackStart + kOptionHeadLength;
            result.sack_blocks = sack_blocks(options.size() - kSackStart);
            return result;
        }
    }
    const auto note_position = [&](std::uint8_t kind, unsigned position, unsigned length) {
        const auto value = static_cast<std::uint8_t>(position + kOptionHeadLength);
        if (kind == kOptionTimestamps) {
            result.timestamps = value;
            return length == kOptionTimestampsLength;
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

void blank_fast_open(std::span<std::uint8_t> options) {
    for_each_option(options, [&](std::uint8_t kind, unsigned position, unsigned length) {
        const bool is_experiment =
            kind == kOptionExperimental && length >= kOptionHeadLength + sizeof(Big16) &&
            read_at<Big16>(&options[position + kOptionHeadLength]).host() == kExperimentFastOpen;
        if (kind == kOptionFastOpen || is_experiment) {
            std::fill_n(&options[position], length, kOptionNoOperation);
        }
        return true;
    });
}

unsigned write_handshake_options(const HandshakeOptions& options, std::span<std::uint8_t> target) {
    if (LinuxOptionsText::holds(options)) [[likely]] {
        LinuxOptionsText{options}.write(target.data());
        return kLinuxOptionsLength;
    }
    Writer writer{target};
    if (options.mss) {
        writer.head(kOptionMss, kOptionMssLength);
        writer.value(Big16::from_host(*options.mss));
    }
    // NOPs come in front, so that the timestamps lie at a multiple of four (RFC 7323 appendix A).
    // SACK permitted, where it is sent, takes their place.
    if (options.sack_permitted) {
        if (!options.timestamps) {
            writer.no_operations(kAlignment);
        }
        writer.head(kOptionSackPermitted, kOptionSackPermittedLength);
    }
    if (options.timestamps) {
        if (!options.sack_permitted) {
            writer.no_operations(kAlignment);
        }
        writer.head(kOptionTimestamps, kOptionTimestampsLength);
        writer.value(Big32::from_host(options.timestamps->value));
        writer.value(Big32::from_host(options.timestamps->echo_reply));
    }
    if (options.window_scale) {
        writer.no_operations(1);
        writer.head(kOptionWindowScale, kOptionWindowScaleLength);
        writer.byte(*options.window_scale);
    }
    return writer.length();
}

}  // namespace synward::wire
