// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "support/traffic.h"
#include "wire/parse.h"
#include "wire/usual_headers.h"

namespace synward::bench {

/// Packets of a batch, as a worker takes them.
inline constexpr std::size_t kBatch = 64;
/// Batches in a circle: together larger than a first-level cache, as a device's ring is.
inline constexpr std::size_t kBatches = 32;

/// Frames in buffers of their own, as far apart as a device's are, and what parse() says of them.
class Frames {
  public:
    template <typename MakeDraft>
    explicit Frames(const MakeDraft& draft_of)
        : memory_{std::make_unique<std::uint8_t[]>(kCount * kRoom)} {
        for (std::uint32_t number = 0; number < kCount; ++number) {
            const Draft draft = draft_of(number);
            lengths_.push_back(write_frame(room(number), draft));
            wire::parse(frame(number), lengths_.back(), draft.from, segments_.emplace_back());
        }
    }
    static constexpr std::uint32_t kCount = kBatch * kBatches;

    /// The first number of the next batch.
    std::uint32_t next_batch() {
        next_ = (next_ + kBatch) % kCount;
        return next_;
    }
    [[nodiscard]] std::span<std::uint8_t> frame(std::uint32_t number) {
        return room(number).first(lengths_[number]);
    }
    [[nodiscard]] const wire::Segment& segment(std::uint32_t number) const {
        return segments_[number];
    }
    /// As many as a batch takes, as a worker gives them to UsualHeaders.
    void arrive(std::uint32_t first, wire::Side from, wire::UsualHeaders::Frames& frames) {
        for (std::uint32_t place = 0; place < kBatch; ++place) {
            frames[place] = {.bytes = room(first + place).data(),
                             .length = lengths_[first + place],
                             .from = static_cast<std::uint32_t>(from)};
        }
    }
    [[nodiscard]] std::span<std::uint8_t> options(std::uint32_t number) {
        const wire::Segment& segment = segments_[number];
        return frame(number).subspan(segment.options_offset(), segment.options_length());
    }
    [[nodiscard]] double bytes_each() const { return lengths_[0]; }

  private:
    static constexpr std::size_t kRoom = 2048 + 256;
    std::span<std::uint8_t> room(std::uint32_t number) { return {&memory_[number * kRoom], kRoom}; }

    std::unique_ptr<std::uint8_t[]> memory_;
    std::vector<std::uint32_t> lengths_;
    std::vector<wire::Segment> segments_;
    std::uint32_t next_ = 0;
};

/// The SYN of a Linux client, with its options or none.
inline Draft syn_draft(std::uint32_t number, bool bare = false) {
    Draft draft{.tuple = tuple_of(number, 1000)};
    draft.fields = {.sequence = wire::SequenceNumber{number * 2'654'435'761U},
                    .window = 64'240,
                    .flags = wire::kSyn};
    if (!bare) {
        draft.options = linux_options(number, 0);
    }
    return draft;
}

/// Data with time stamps.
inline Draft data_draft(std::uint32_t number, wire::Side from, std::uint16_t payload) {
    Draft draft{.tuple = tuple_of(number, 1000), .from = from, .payload = payload};
    draft.fields = {.sequence = wire::SequenceNumber{number * 2'654'435'761U},
                    .acknowledgment = wire::SequenceNumber{number * 2'246'822'519U},
                    .window = 502,
                    .flags = wire::kAck | wire::kPsh};
    draft.options = {.timestamps = wire::Timestamps{number, number + 1}};
    return draft;
}

}  // namespace synward::bench
