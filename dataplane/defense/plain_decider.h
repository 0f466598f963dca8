// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "defense/verdict.h"
#include "defense/verdicts.h"
#include "flow/flow.h"
#include "flow/tracker.h"
#include "wire/segment.h"

namespace synward::defense {

/// Decides what connections consist of, as Defender::decide() would: segments with which nothing
/// begins, ends or goes wrong. One worker's thread.
class PlainDecider {
  public:
    /// A batch. `established_expiry`: of a flow that is renewed in it. `looks_closer`: something
    /// in the policy has segments of connections looked at more closely.
    void begin_batch(flow::CoarseTime established_expiry, bool looks_closer) {
        established_expiry_ = established_expiry;
        looks_closer_ = looks_closer;
    }
    /// Decides nothing until a batch begins: another policy has come.
    void close() { looks_closer_ = true; }

    /// Whether pass() may be asked, until the batch ends.
    [[nodiscard]] bool is_open() const { return !looks_closer_; }
    /// Lets a segment of `flow` pass if it is one of those; else `verdict` is left as it was, and
    /// decide() has to be asked.
    [[gnu::always_inline]] bool pass(flow::Flow& flow, const wire::Segment& segment,
                                     Verdict& verdict) const {
        if (!flow::follow_plainly(flow, segment)) [[unlikely]] {
            return false;
        }
        flow.set_expiry(established_expiry_);
        verdict.reason = wire::Reason::kInConnection;
        verdict.action = Action::kForward;
        if (flow.spliced != 0) {
            verdict.action = Action::kSplice;
            verdict.translation = translation_of(flow);
        }
        return true;
    }

  private:
    flow::CoarseTime established_expiry_;
    bool looks_closer_ = true;
};

}  // namespace synward::defense
