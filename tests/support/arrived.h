// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "support/frame_builder.h"
#include "wire/usual_headers.h"

namespace synward::test {

/// Frames as they lie in packet buffers when they have come together, with what their usual headers
/// say. What lies behind a frame in its buffer is not zero.
class Arrived {
  public:
    using Sent = std::pair<Bytes, wire::Side>;

    /// 64 at most.
    explicit Arrived(const std::vector<Sent>& sent) : count{static_cast<unsigned>(sent.size())} {
        for (unsigned place = 0; place < count; ++place) {
            const auto& [bytes, from] = sent[place];
            buffers_.emplace_back(std::max(bytes.size(), wire::UsualHeaders::kReach), 0xa5);
            std::ranges::copy(bytes, buffers_.back().begin());
            frames[place] = {.bytes = buffers_.back().data(),
                             .length = static_cast<std::uint32_t>(bytes.size()),
                             .from = static_cast<std::uint32_t>(from)};
        }
        headers.clear();
        headers.read(frames, 0, count, segments.data());
    }

    /// The first bytes of the buffer, whatever is there by now.
    [[nodiscard]] Bytes bytes(unsigned place, std::size_t length) const {
        const Bytes& buffer = buffers_[place];
        return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length)};
    }

    unsigned count;
    wire::UsualHeaders::Frames frames;
    wire::UsualHeaders headers;
    std::array<wire::Segment, wire::UsualHeaders::kMost> segments;

  private:
    std::vector<Bytes> buffers_;
};

}  // namespace synward::test
