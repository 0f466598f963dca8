// SPDX-License-Identifier: BSD-3-Clause
#include "control/service_sample.h"

#include "control/challenge_words.h"
#include "worker/engine.h"

namespace synward::control {
namespace {

void add(ServiceSample& sample, const defense::ServiceFigures& figures) {
    sample.credits_left += figures.credits_left.value();
    sample.syns += figures.syns.value();
    sample.challenged += figures.challenged.value();
    sample.redeemed += figures.redeemed.value();
    sample.failed += figures.failed.value();
    sample.completed += figures.completed.value();
}

}  // namespace

std::vector<ServiceSample> services_of(const worker::Engine& engine) {
    std::vector<ServiceSample> services;
    const defense::PolicyGeneration& policy = engine.policy();
    for (std::size_t index = 0; index < policy.slots().size(); ++index) {
        if (policy.slots()[index].use != defense::Slot::Use::kService) {
            continue;
        }
        const defense::ServicePolicy& service = policy.policy().services[index];
        services.push_back(
            {.index = index,
             .name = service.name,
             .challenge =
                 std::string{kChallengeWords.at(static_cast<std::size_t>(service.challenge))},
             .method = service.method == defense::Method::kCookie ? "cookie" : "reset",
             .budget = service.budget});
        for (std::size_t worker = 0; worker < engine.workers().size(); ++worker) {
            add(services.back(),
                engine.service_figures(worker, static_cast<defense::ServiceIndex>(index)));
        }
    }
    return services;
}

}  // namespace synward::control
