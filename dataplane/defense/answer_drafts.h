// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cassert>
#include <cstddef>

#include "defense/verdict.h"
#include "tcp/cookie.h"

namespace synward::defense {

/// Verdicts that answer SYNs and lack nothing but the sequence numbers of their cookies, which take
/// a fraction of the time when they are made together. One worker's thread.
class AnswerDrafts {
  public:
    static constexpr std::size_t kMost = 64;

    /// At most kMost until finish(). `verdict` stays where it is until then.
    void add(const tcp::CookieDraft& draft, Verdict& verdict) {
        assert(count_ < kMost);
        blocks_[count_] = draft.plain;
        drafts_[count_] = {draft, &verdict};
        ++count_;
    }
    /// `keys`: those of the drafts, of the same epoch.
    void finish(const tcp::CookieKeys& keys) {
        if (count_ == 0) {
            return;
        }
        keys.encrypt({blocks_.data(), count_});
        for (std::size_t number = 0; number < count_; ++number) {
            const Draft& draft = drafts_[number];
            draft.verdict->sequence = draft.cookie.sequence(blocks_[number]);
        }
        count_ = 0;
    }

  private:
    struct Draft {
        tcp::CookieDraft cookie;
        Verdict* verdict;
    };
    std::array<tcp::Block, kMost> blocks_;
    std::array<Draft, kMost> drafts_;
    std::size_t count_ = 0;
};

}  // namespace synward::defense
