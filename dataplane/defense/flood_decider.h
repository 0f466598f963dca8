// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "defense/ack_rules.h"
#include "defense/answer_limit.h"
#include "defense/answer_templates.h"
#include "defense/connecting.h"
#include "defense/flood_answers.h"
#include "defense/pick_up.h"
#include "defense/probe_pace.h"
#include "defense/refused_ports.h"
#include "defense/remembered_syns.h"
#include "defense/source_budgets.h"
#include "defense/verdict.h"
#include "tcp/aes128.h"
#include "tcp/cookie.h"
#include "tcp/time.h"
#include "wire/usual_headers.h"

namespace synward::defense {

/// Decides what floods consist of, many at a time and as Defender::decide() would: of usual frames
/// without a flow those SYNs and ACKs for which it takes but one look to see what becomes of them.
/// What there is to be seen at one look, decide() leaves here: it is asked about the first of them,
/// and about whatever is not as usual. One worker's thread.
class FloodDecider {
  public:
    /// What a Defender knows besides.
    struct Knowledge {
        const tcp::CookieKeys& keys;
        const ConnectingPool& connecting;
        const PickUp& pick_up;
        const ProbePace& probe_pace;
        const RefusedPorts& refused_ports;
        SourceBudgets& source_budgets;
        AnswerLimit& answer_limit;
        RememberedSyns& remembered_syns;
    };
    explicit FloodDecider(const Knowledge& knowledge) : known_{knowledge} {}

    /// A batch at `now`. `looks_closer`: something in the policy has SYNs and ACKs looked at more
    /// closely; nothing is decided here.
    void begin_batch(tcp::Time now, bool looks_closer) {
        now_ = now;
        looks_closer_ = looks_closer;
    }
    /// Makes all that was left here worthless: another epoch has begun, or another policy.
    void forget_all() {
        // Tells first what the figures do not know yet, which may go with that policy.
        templates_.forget_all();
        ack_rules_.forget_all();
    }
    /// How SYNs for an inside address and port are answered. `made`: but for its key and stamp.
    void keep(const wire::FourTuple& tuple, const AnswerTemplate& made) {
        templates_.keep(tuple, made);
    }
    /// How ACKs for it are dropped.
    void keep(const wire::FourTuple& tuple, const AckRule& made) { ack_rules_.keep(tuple, made); }

    /// Has the services' figures know of all that was decided here. To be called every few
    /// milliseconds, and when there is nothing else to do.
    void tell_figures() {
        templates_.tell();
        ack_rules_.tell();
    }

    /// About which of the frames, by bits, answer_syns() may be asked if they have no flow.
    [[nodiscard]] std::uint64_t may_answer(const wire::UsualHeaders& headers) const {
        return looks_closer_ ? 0 : headers.linux_syns() | headers.bare_syns();
    }
    /// Of frames that came together, SYNs one behind the other that it may_answer().
    struct Syns {
        const wire::UsualHeaders& headers;
        const tcp::Block* hashes;  ///< of all the tuples; those of the last eight are read
        Verdict* verdicts;         ///< of all
        FloodAnswers& answers;
        unsigned first;
        unsigned count;
    };
    /// Returns how many of the first are decided: those that are in `syns.answers` by now, and
    /// others by their verdicts. About the one behind them, if there is one, decide() has to be
    /// asked.
    [[gnu::hot, gnu::noinline]] unsigned answer_syns(const Syns& syns);

    /// Which of the frames, by bits and `among` those without a flow, are ACKs that drop_ack() may
    /// be asked about. `hashes`: as in Syns.
    [[nodiscard]] std::uint64_t may_drop(const wire::UsualHeaders& headers,
                                         const tcp::Block* hashes, std::uint64_t among) const {
        return looks_closer_ || known_.pick_up.is_open()
                   ? 0
                   : known_.keys.without_epoch(headers, hashes, headers.bare_acks() & among);
    }
    /// Where the ACK is dropped, as `verdict` then says; else decide() has to be asked.
    [[gnu::always_inline]] bool drop_ack(const wire::UsualHeaders& headers, unsigned place,
                                         bool has_data, Verdict& verdict) {
        AckRule* const rule = ack_rules_.find(headers.inside[place], headers.inside_port(place));
        if (rule == nullptr) [[unlikely]] {
            return false;
        }
        if (rule->figures != nullptr) {
            ack_rules_.count(*rule);
        }
        verdict.action = Action::kDrop;
        verdict.reason = has_data ? wire::Reason::kDataWithoutFlow : rule->bare;
        return true;
    }

  private:
    /// Decides as many as answer_syns() does, which it returns.
    unsigned decide_syns(const Syns& syns);
    /// Remembers those of these places.
    void remember(const Syns& syns, std::uint64_t places);
    /// The template for a SYN, if nothing speaks against that answer.
    [[nodiscard]] AnswerTemplate* template_for(const wire::UsualHeaders& headers, unsigned place,
                                               tcp::Time probed);

    Knowledge known_;
    tcp::Time now_;
    bool looks_closer_ = true;
    AnswerTemplates templates_;
    AckRules ack_rules_;
};

}  // namespace synward::defense
