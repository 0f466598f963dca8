// SPDX-License-Identifier: BSD-3-Clause
#include "defense/offer_record.h"

#include <algorithm>

namespace synward::defense {
namespace {

void apply(const OfferRules& rules, ServerOffer& offer) {
    if (rules.scale_is_fixed && offer.window_scale != tcp::kNoWindowScale) {
        offer.window_scale = rules.fixed_scale();
    }
    offer.mss = rules.pinned.mss.value_or(std::min(offer.mss, rules.most_mss));
    offer.window_scale = rules.pinned.window_scale.value_or(offer.window_scale);
    offer.sack = rules.pinned.sack.value_or(offer.sack);
    offer.timestamps = rules.pinned.timestamps.value_or(offer.timestamps);
    offer.ecn = rules.pinned.ecn.value_or(offer.ecn);
}

}  // namespace

OfferRecord::OfferRecord(const OfferRules& rules) {
    learned_.mss = rules.most_mss;
    apply(rules, learned_);
    promised_.fill(learned_);
}

void OfferRecord::begin_epoch(tcp::Epoch now) {
    if (now == epoch_) {
        return;
    }
    if (now != epoch_ + 1) {
        promised_[(now + 1) % 2] = learned_;  // nothing was promised in the epoch before
    }
    promised_[now % 2] = learned_;
    epoch_ = now;
}

void OfferRecord::go_on_to_epoch(tcp::Epoch now, const OfferRules& rules) {
    apply(rules, learned_);
    begin_epoch(now);
}

bool OfferRecord::learn(const ServerAnswer& answer, const OfferRules& rules, tcp::Time now) {
    const wire::HandshakeOptions& options = answer.options;
    const wire::HandshakeOptions* const asked = answer.asked;
    learned_.mss = options.mss.value_or(learned_.mss);
    if (options.window_scale) {
        learned_.window_scale = *options.window_scale;
    } else if (asked != nullptr && asked->window_scale) {
        learned_.window_scale = tcp::kNoWindowScale;
    }
    if (options.sack_permitted || (asked != nullptr && asked->sack_permitted)) {
        learned_.sack = options.sack_permitted;
    }
    if (options.timestamps || (asked != nullptr && asked->timestamps)) {
        learned_.timestamps = options.timestamps.has_value();
    }
    if (answer.ecn || answer.asked_ecn) {
        learned_.ecn = answer.ecn;
    }
    apply(rules, learned_);
    const bool first = !has_heard_;
    has_heard_ = true;
    heard_at_ = now;
    return first && learned_ != promised_[epoch_ % 2];
}

}  // namespace synward::defense
