// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/splice.h"

#include <cstddef>

#include "tcp/window.h"
#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/tcp_options.h"

namespace synward::tcp {
namespace {

using wire::Big16;
using wire::Big32;

/// The headers of one segment while they are translated; collects the checksum's difference.
/// Offsets count from the TCP header's first byte.
class Editor {
  public:
    Editor(std::span<std::uint8_t> frame, const wire::Segment& segment)
        : tcp_{&frame[segment.tcp_offset]} {}

    wire::TcpHeader& header() { return wire::header_at<wire::TcpHeader>(tcp_); }

    void add(unsigned offset, std::uint32_t delta) {
        auto& field = wire::header_at<Field32>(tcp_ + offset).value;
        const Big32 translated = Big32::from_host(field.host() + delta);
        if (offset % 2 == 0) {
            update_.replace(field, translated);
        } else {
            update_.replace_odd(field, translated);
        }
        field = translated;
    }
    void set_window(std::uint16_t window) {
        const Big16 field = Big16::from_host(window);
        update_.replace(header().window, field);
        header().window = field;
    }
    /// Overwrites an option with NOPs.
    void blank(unsigned offset, unsigned length) {
        for (unsigned end = offset + length; offset < end; ++offset) {
            const unsigned even = offset - offset % 2;
            auto& word = wire::header_at<Field16>(tcp_ + even).value;
            const Big16 before = word;
            tcp_[offset] = wire::kOptionNoOperation;
            update_.replace(before, word);
        }
    }
    void finish() { update_.apply(header().checksum); }

  private:
    struct Field16 {
        Big16 value;
    };
    struct Field32 {
        Big32 value;
    };
    std::uint8_t* tcp_;
    wire::ChecksumUpdate update_;
};

constexpr unsigned kSequence = offsetof(wire::TcpHeader, sequence);
constexpr unsigned kAcknowledgment = offsetof(wire::TcpHeader, acknowledgment);
constexpr unsigned kOptions = sizeof(wire::TcpHeader);
constexpr unsigned kTimestampsOptionHead = 2;  // kind and length, before TSval
constexpr unsigned kTimestampsOptionLength = 10;
constexpr unsigned kSackOptionHead = 2;
constexpr unsigned kSackBlockLength = 8;
/// Where timestamps are alone.
constexpr unsigned kValueInTimestamps = kOptions + 4;
constexpr unsigned kEchoInTimestamps = kValueInTimestamps + 4;
constexpr unsigned kTcpWithTimestamps = kEchoInTimestamps + 4;

void translate_server_window(Editor& editor, const wire::Segment& segment,
                             const Translation& translation) {
    // The window of a SYN-ACK is never scaled (RFC 7323 section 2.2).
    if (translation.server_scale != translation.promised_scale && !segment.has(wire::kSyn)) {
        editor.set_window(
            rescaled_window(segment.window, translation.server_scale, translation.promised_scale));
    }
}

void translate_from_inside(Editor& editor, const wire::Segment& segment,
                           const wire::OptionPositions& at, const Translation& translation) {
    editor.add(kSequence, translation.sequence_delta);
    if (at.timestamps != 0 && translation.timestamps) {
        editor.add(kOptions + at.timestamps, translation.timestamp_delta);
    }
    translate_server_window(editor, segment, translation);
}

void translate_from_outside(Editor& editor, const wire::Segment& segment,
                            const wire::OptionPositions& at, const Translation& translation) {
    if (segment.has(wire::kAck)) {
        editor.add(kAcknowledgment, 0U - translation.sequence_delta);
    }
    // A server that does not scale takes the client's windows as they are, too.
    if (translation.server_scale == kNoWindowScale && translation.client_scale != kNoWindowScale) {
        editor.set_window(
            rescaled_window(segment.window, translation.client_scale, kNoWindowScale));
    }
    if (at.timestamps != 0) {
        const unsigned offset = kOptions + at.timestamps;
        if (translation.strip_timestamps) {
            editor.blank(offset - kTimestampsOptionHead, kTimestampsOptionLength);
        } else if (translation.timestamps && segment.has(wire::kAck)) {
            editor.add(offset + 4, 0U - translation.timestamp_delta);
        }
    }
    if (at.sack != 0) {
        const unsigned offset = kOptions + at.sack;
        const unsigned length = at.sack_blocks * kSackBlockLength;
        if (translation.strip_sack) {
            editor.blank(offset - kSackOptionHead, kSackOptionHead + length);
        } else {
            for (unsigned edge = 0; edge < length; edge += 4) {
                editor.add(offset + edge, 0U - translation.sequence_delta);
            }
        }
    }
}

/// Options of nothing but timestamps, aligned as RFC 7323 appendix A has them: nearly all data's.
bool has_timestamps_alone(const std::uint8_t* tcp, const wire::Segment& segment) {
    constexpr std::uint32_t kHead = wire::kOptionNoOperation << 24U |
                                    wire::kOptionNoOperation << 16U |
                                    wire::kOptionTimestamps << 8U | wire::kOptionTimestampsLength;
    return segment.tcp_header_length == kTcpWithTimestamps &&
           wire::read_at<Big32>(tcp + sizeof(wire::TcpHeader)) == Big32::from_host(kHead);
}

/// splice() where one look shows that two numbers change, and the window perhaps: whether it has.
bool splice_plainly(std::span<std::uint8_t> frame, const wire::Segment& segment,
                    const Translation& translation) {
    const bool is_from_inside = segment.from == wire::Side::kInside;
    const bool is_plain = (segment.flags & (wire::kSyn | wire::kAck)) == wire::kAck &&
                          translation.timestamps &&
                          (is_from_inside || translation.server_scale != kNoWindowScale) &&
                          has_timestamps_alone(&frame[segment.tcp_offset], segment);
    if (!is_plain) {
        return false;
    }
    Editor editor{frame, segment};
    const auto add = [&](unsigned offset, std::uint32_t delta) {
        editor.add(offset, is_from_inside ? delta : 0U - delta);
    };
    add(is_from_inside ? kSequence : kAcknowledgment, translation.sequence_delta);
    add(is_from_inside ? kValueInTimestamps : kEchoInTimestamps, translation.timestamp_delta);
    if (is_from_inside) {
        translate_server_window(editor, segment, translation);
    }
    editor.finish();
    return true;
}

[[gnu::noinline]] bool splice_any(std::span<std::uint8_t> frame, const wire::Segment& segment,
                                  const Translation& translation) {
    const auto positions =
        wire::find_options(frame.subspan(segment.options_offset(), segment.options_length()));
    if (!positions) {
        return false;
    }
    Editor editor{frame, segment};
    if (segment.from == wire::Side::kInside) {
        translate_from_inside(editor, segment, *positions, translation);
    } else {
        translate_from_outside(editor, segment, *positions, translation);
    }
    editor.finish();
    return true;
}

}  // namespace

bool splice(std::span<std::uint8_t> frame, const wire::Segment& segment,
            const Translation& translation) {
    return splice_plainly(frame, segment, translation) || splice_any(frame, segment, translation);
}

}  // namespace synward::tcp
