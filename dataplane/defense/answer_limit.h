// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "defense/source_prefix.h"
#include "tcp/time.h"
#include "wire/address.h"

namespace synward::defense {

/// Bounds how many answers the box sends to one source prefix, so that nobody can use it to flood a
/// third party whose address he forges. Every answer to a source that has proven nothing asks here
/// first: SYN-ACKs with cookies and their retransmissions, RSTs to SYNs. One worker's thread.
///
/// In any t seconds at most rate * (t + 1) answers, rounded up, go to a prefix: what one second
/// brings may come at once.
///
/// The memory is an array of buckets of four bytes, and a prefix's bucket is found by a keyed hash,
/// without a look at whose it is: one cache line, no search, nothing to evict, and a flood of any
/// number of sources changes nothing of that. Prefixes that meet in one bucket share its rate. That
/// never lets more answers through to either. What it costs honest clients is small: a flood of 25
/// million SYNs a second, the most that a worker is made for, from addresses spread evenly, takes
/// at most half of every bucket, since there are as many buckets as that needs (65,536 at least,
/// which are 256 KiB and leave 381 answers a second to a bucket). Clients notice when the flood
/// forges their own prefix, which no bound on reflection can help, or one that meets theirs; by
/// the key, nobody can know which. The hash is multiplicative, so two prefixes meet with a chance
/// of 2 in the number of buckets at most; it need be no better, as what it keeps apart can be
/// flooded without it.
class AnswerLimit {
  public:
    /// `rate`: this worker's share of answers a second to one prefix, 1 to 1,048,576.
    /// `key`: a secret number, any.
    AnswerLimit(std::uint32_t rate, SourcePrefix prefix, std::uint64_t key);

    /// Whether an answer to `source` may be sent at `now`, which it then has been.
    [[gnu::always_inline]] bool allows(const wire::Address& source, tcp::Time now) {
        return allows(prefix_.number_of(source), now);
    }
    [[gnu::always_inline]] bool allows(wire::Big32 ipv4_source, tcp::Time now) {
        return allows(prefix_.number_of(ipv4_source), now);
    }

    [[nodiscard]] std::size_t buckets() const { return free_at_.size(); }

  private:
    static constexpr unsigned kTickShift = 8;  // ticks of 256 ns
    static constexpr std::uint32_t kSecond = 1'000'000'000U >> kTickShift;

    [[gnu::always_inline]] bool allows(std::uint64_t prefix, tcp::Time now) {
        std::uint32_t& free_at = free_at_[(prefix * multiplier_) >> shift_];
        const auto ticks = static_cast<std::uint32_t>(now.time_since_epoch().count() >> kTickShift);
        std::uint32_t ahead = free_at - ticks;
        // Further ahead than a bucket ever gets is behind, on the circle of 18 minutes. A bucket
        // idle for just one turn of it may pass for one used within the last second: it has its
        // rate all the same, and less at once.
        ahead = ahead > furthest_ ? 0 : ahead;
        if (ahead >= kSecond) {
            return false;
        }
        free_at = ticks + ahead + interval_;
        return true;
    }

    SourcePrefix prefix_;
    std::uint64_t multiplier_;
    unsigned shift_ = 0;
    std::uint32_t interval_;  // what one answer takes of a bucket, in ticks
    std::uint32_t furthest_;  // ahead of now that a bucket gets, in ticks
    /// When each bucket will be as if it had never been used, in ticks (the generic cell rate
    /// algorithm: a token bucket that keeps one number).
    std::vector<std::uint32_t> free_at_;
};

}  // namespace synward::defense
