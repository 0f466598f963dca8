// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "defense/link_headers.h"
#include "wire/four_tuple.h"
#include "wire/frame_writer.h"
#include "wire/reason.h"
#include "wire/tcp_options.h"

namespace synward::defense {

/// A segment that the box sends without a packet at hand to make it from.
struct Origination {
    wire::Reason reason;
    wire::FourTuple tuple;
    wire::Side to = wire::Side::kInside;
    wire::TcpFields fields;
    wire::HandshakeOptions options;
    LinkHeader link;  ///< not known: it cannot be sent
};

/// What is to be originated by the end of this batch or slice of housekeeping. Bounded, so that
/// nothing that happens to many flows at one time keeps packets waiting. One thread.
class Originations {
  public:
    static constexpr std::size_t kMost = 128;

    [[nodiscard]] std::size_t room() const { return kMost - count_; }
    /// False: there is no room for it.
    bool add(const Origination& origination) {
        if (count_ == kMost) {
            return false;
        }
        all_[count_++] = origination;
        return true;
    }
    [[nodiscard]] std::span<const Origination> all() const { return {all_.data(), count_}; }
    void clear() { count_ = 0; }

  private:
    std::array<Origination, kMost> all_;
    std::size_t count_ = 0;
};

}  // namespace synward::defense
