// SPDX-License-Identifier: BSD-3-Clause
#include "defense/flood_decider.h"

#include <bit>

#include "defense/verdicts.h"
#include "wire/places.h"

namespace synward::defense {

using wire::Reason;

unsigned FloodDecider::answer_syns(const Syns& syns) {
    if (!known_.source_budgets.are_all_within(now_)) [[unlikely]] {
        return 0;
    }
    const unsigned count = decide_syns(syns);
    if (count != 0) {
        // What the client sends before the server answers must have room here.
        wire::SynAcks& syn_acks = syns.answers.syn_acks;
        syn_acks.have_window = known_.connecting.has_room();
        known_.keys.issue(syns.headers, syns.hashes, syns.first, count, syn_acks);
    }
    return count;
}

unsigned FloodDecider::decide_syns(const Syns& syns) {
    const wire::UsualHeaders& headers = syns.headers;
    const tcp::Time now = now_;
    const tcp::Time probed = known_.probe_pace.is_due(now) ? now : tcp::Time::min();
    AnswerLimit& answer_limit = known_.answer_limit;
    std::uint64_t made = 0;
    unsigned number = 0;
    for (; number < syns.count; ++number) {
        const unsigned place = syns.first + number;
        AnswerTemplate* const found_template = template_for(headers, place, probed);
        if (found_template == nullptr) [[unlikely]] {
            break;
        }
        syns.answers.syn_acks.words[place] = found_template->words;
        if (!answer_limit.allows(headers.outside[place], now)) [[unlikely]] {
            found_template->figures->syns.add(1);
            syns.verdicts[place] = drop(Reason::kAnswerLimit);
            continue;
        }
        templates_.count(*found_template);
        made |= std::uint64_t{1} << place;
    }
    syns.answers.made |= made;
    if (made != 0 && known_.remembered_syns.remembers_more(
                         static_cast<std::uint32_t>(std::popcount(made)), now)) {
        remember(syns, made);
    }
    return number;
}

void FloodDecider::remember(const Syns& syns, std::uint64_t places) {
    syns.answers.remembered |= places;
    wire::for_each_place(places, [&](unsigned place) {
        syns.answers.numbers[place] = known_.remembered_syns.add(
            syns.hashes[place], wire::SequenceNumber{syns.headers.sequence[place] + 1}, now_);
    });
}

[[gnu::always_inline]] inline AnswerTemplate* FloodDecider::template_for(
    const wire::UsualHeaders& headers, unsigned place, tcp::Time probed) {
    const std::uint16_t port = headers.inside_port(place);
    AnswerTemplate* const made = templates_.find(headers.inside[place], port);
    const bool is_linux = wire::has_place(headers.linux_syns(), place);
    if (made == nullptr || probed >= made->known_until ||
        !(made->is_always_challenged || made->service->answers_every_syn()) ||
        (is_linux && !made->takes_options) || known_.refused_ports.knows_any(port, now_))
        [[unlikely]] {
        return nullptr;
    }
    return made;
}

}  // namespace synward::defense
