// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/service_commands.h"

#include <chrono>

#include "control/commands/arguments.h"
#include "control/commands/challenge_words.h"
#include "control/commands/list_command.h"
#include "tcp/cookie.h"
#include "worker/service_questions.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;
using worker::HeardOffer;

constexpr std::uint32_t kRowsOfPart = 256;
constexpr std::uint32_t kPlacesOfPart = 4096;

ordered_json object_of(const HeardOffer& heard, tcp::Time now) {
    const defense::ServerOffer& offer = heard.offer;
    ordered_json object{{"mss", offer.mss},
                        {"window_scale", offer.window_scale == tcp::kNoWindowScale
                                             ? ordered_json(nullptr)
                                             : ordered_json(offer.window_scale)},
                        {"sack", offer.sack},
                        {"timestamps", offer.timestamps},
                        {"ecn", offer.ecn}};
    object["heard_ago"] = heard.at
                              ? ordered_json(std::chrono::duration<double>{now - *heard.at}.count())
                              : ordered_json(nullptr);
    return object;
}

/// Collects what each worker has of each service, then gives a row for each.
class ServicesCommand : public ListCommand<worker::ListServices> {
  public:
    ServicesCommand(const Running& running, const Arguments& arguments)
        : ListCommand{running.inquiries}, running_{running} {
        require_known(arguments, {});
    }

  private:
    struct Collected {
        std::uint64_t credits_left = 0;
        std::uint64_t syns = 0;
        std::uint64_t challenged = 0;
        std::uint64_t redeemed = 0;
        std::uint64_t failed = 0;
        std::uint64_t completed = 0;
        std::array<HeardOffer, 2> offers;
        tcp::Time now{};
    };

    std::shared_ptr<worker::ListServices> make() override {
        return std::make_shared<worker::ListServices>(kRowsOfPart, kPlacesOfPart);
    }
    bool take(const worker::ListServices& list, std::size_t /*worker*/, Reply& /*reply*/) override {
        for (const worker::ServiceUse& use : list.records()) {
            if (services_.size() <= use.service) {
                services_.resize(use.service + std::size_t{1});
            }
            Collected& service = services_[use.service];
            service.credits_left += use.credits_left;
            service.syns += use.syns;
            service.challenged += use.challenged;
            service.redeemed += use.redeemed;
            service.failed += use.failed;
            service.completed += use.completed;
            service.now = list.now();
            for (std::size_t family = 0; family < use.offers.size(); ++family) {
                if (!service.offers[family].at ||
                    use.offers[family].at > service.offers[family].at) {
                    service.offers[family] = use.offers[family];
                }
            }
        }
        return true;
    }
    void end(Reply& reply) override {
        const auto& policies = running_.engine.policy().policy().services;
        std::size_t rows = 0;
        for (std::size_t index = 0; index < std::min(services_.size(), policies.size()); ++index) {
            // What has no address is no service any more.
            if (!policies[index].addresses.empty()) {
                reply.row(row_of(policies[index], services_[index]).dump());
                ++rows;
            }
        }
        reply.finish({{"services", rows}});
    }
    static ordered_json row_of(const defense::ServicePolicy& policy, const Collected& service) {
        return {{"service", policy.name},
                {"challenge", kChallengeWords.at(static_cast<std::size_t>(policy.challenge))},
                {"method", policy.method == defense::Method::kReset ? "reset" : "cookie"},
                {"budget", policy.budget},
                {"budget_left", service.credits_left},
                {"syns", service.syns},
                {"challenged", service.challenged},
                {"redeemed", service.redeemed},
                {"failed", service.failed},
                {"completed", service.completed},
                {"offers",
                 {{"ipv4", object_of(service.offers[0], service.now)},
                  {"ipv6", object_of(service.offers[1], service.now)}}}};
    }

    const Running& running_;
    std::vector<Collected> services_;  ///< by index
};

class ServerOptionsCommand : public ListCommand<worker::ListAddressOffers> {
  public:
    ServerOptionsCommand(const Running& running, const Arguments& arguments)
        : ListCommand{running.inquiries}, running_{running} {
        require_known(arguments, {});
    }

  private:
    std::shared_ptr<worker::ListAddressOffers> make() override {
        return std::make_shared<worker::ListAddressOffers>(kRowsOfPart, kPlacesOfPart);
    }
    bool take(const worker::ListAddressOffers& list, std::size_t worker, Reply& reply) override {
        const auto& policies = running_.engine.policy().policy().services;
        for (const worker::AddressOffer& known : list.records()) {
            ordered_json row{
                {"address", known.address.text()},
                {"service", known.service < policies.size() ? policies[known.service].name : ""}};
            row.update(object_of(known.heard, list.now()));
            row["worker"] = worker;
            reply.row(row.dump());
            ++rows_;
        }
        return true;
    }
    void end(Reply& reply) override { reply.finish({{"addresses", rows_}}); }

    const Running& running_;
    std::uint64_t rows_ = 0;
};

}  // namespace

void add_service_commands(Commands& commands, const Running& running) {
    commands.add("services", [&running](const Arguments& arguments) {
        return std::make_shared<ServicesCommand>(running, arguments);
    });
    commands.add("server_options", [&running](const Arguments& arguments) {
        return std::make_shared<ServerOptionsCommand>(running, arguments);
    });
}

}  // namespace synward::control
