// SPDX-License-Identifier: BSD-3-Clause
#include "control/attack_watch.h"

namespace synward::control {

AttackWatch::Event AttackWatch::end_of(const std::string& service, const Attack& attack) {
    return {.kind = Event::Kind::kEnds,
            .service = service,
            .challenged = attack.at_latest.challenged - attack.before.challenged,
            .redeemed = attack.at_latest.redeemed - attack.before.redeemed,
            .duration = attack.latest - attack.began};
}

std::vector<AttackWatch::Event> AttackWatch::look(Sample& sample) {
    std::vector<Event> events;
    const Time before = last_.value_or(sample.started);
    const double seconds = std::chrono::duration<double>{sample.time - before}.count();
    std::map<std::string, Watched> watched;
    for (ServiceSample& service : sample.services) {
        Watched each = services_[service.name];
        const Counts counts{service.challenged, service.redeemed};
        // Figures that went back are those of another service of this name.
        if (counts.challenged < each.counts.challenged || counts.redeemed < each.counts.redeemed) {
            each = {};
        }
        const auto challenged = static_cast<double>(counts.challenged - each.counts.challenged);
        const auto redeemed = static_cast<double>(counts.redeemed - each.counts.redeemed);
        if (seconds > 0 && (challenged - redeemed) / seconds >= kRate) {
            if (!each.attack) {
                each.attack = Attack{.before = each.counts, .began = before};
                events.push_back({.kind = Event::Kind::kBegins,
                                  .service = service.name,
                                  .challenged = counts.challenged - each.counts.challenged,
                                  .redeemed = counts.redeemed - each.counts.redeemed,
                                  .duration = sample.time - before});
            }
            each.attack->latest = sample.time;
            each.attack->at_latest = counts;
        } else if (each.attack && sample.time - each.attack->latest >= kCalm) {
            events.push_back(end_of(service.name, *each.attack));
            each.attack.reset();
        }
        each.counts = counts;
        service.under_attack = each.attack.has_value();
        watched.emplace(service.name, each);
    }
    services_ = std::move(watched);
    last_ = sample.time;
    return events;
}

void AttackWatch::mark(Sample& sample) const {
    for (ServiceSample& service : sample.services) {
        const auto found = services_.find(service.name);
        service.under_attack = found != services_.end() && found->second.attack;
    }
}

std::vector<AttackWatch::Event> AttackWatch::finish(const Sample& sample) {
    std::vector<Event> events;
    for (const ServiceSample& service : sample.services) {
        const auto found = services_.find(service.name);
        if (found != services_.end() && found->second.attack) {
            Attack attack = *found->second.attack;
            // What has come since the last look is part of it.
            if (service.challenged > attack.at_latest.challenged) {
                attack.at_latest = {service.challenged, service.redeemed};
                attack.latest = sample.time;
            }
            events.push_back(end_of(service.name, attack));
        }
    }
    services_.clear();
    return events;
}

}  // namespace synward::control
