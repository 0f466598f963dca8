// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/service_commands.h"

#include <chrono>

#include "control/commands/arguments.h"
#include "control/commands/list_command.h"
#include "control/service_sample.h"
#include "tcp/cookie.h"
#include "worker/service_questions.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;
using worker::HeardOffer;

constexpr std::uint32_t kServicesOfPart = 256;
constexpr std::uint32_t kServicePlacesOfPart = 4096;

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

/// Collects what each worker has heard of each service's servers, then gives a row for each service
/// with what is counted of it.
class ServicesCommand : public ListCommand<worker::ListServices> {
  public:
    ServicesCommand(const Running& running, const Arguments& arguments)
        : ListCommand{running.inquiries}, running_{running} {
        require_known(arguments, {});
    }

  private:
    struct Collected {
        std::array<HeardOffer, 2> offers;
        tcp::Time now{};
    };

    std::shared_ptr<worker::ListServices> make() override {
        return std::make_shared<worker::ListServices>(kServicesOfPart, kServicePlacesOfPart);
    }
    bool take(const worker::ListServices& list, std::size_t /*worker*/, Reply& /*reply*/) override {
        for (const worker::ServiceOffers& heard : list.records()) {
            if (services_.size() <= heard.service) {
                services_.resize(heard.service + std::size_t{1});
            }
            Collected& service = services_[heard.service];
            service.now = list.now();
            for (std::size_t family = 0; family < heard.offers.size(); ++family) {
                if (!service.offers[family].at ||
                    heard.offers[family].at > service.offers[family].at) {
                    service.offers[family] = heard.offers[family];
                }
            }
        }
        return true;
    }
    void end(Reply& reply) override {
        std::size_t rows = 0;
        for (const ServiceSample& service : services_of(running_.engine)) {
            // One that has come since has not been heard of yet.
            if (service.index < services_.size()) {
                reply.row(row_of(service, services_[service.index]).dump());
                ++rows;
            }
        }
        reply.finish({{"services", rows}});
    }
    static ordered_json row_of(const ServiceSample& service, const Collected& heard) {
        ordered_json row{{"service", service.name},
                         {"challenge", service.challenge},
                         {"method", service.method},
                         {"budget", service.budget},
                         {"budget_left", service.credits_left}};
        for (const ServiceCounter& counter : kServiceCounters) {
            row[std::string{counter.name}] = service.*counter.value;
        }
        row["offers"] = {{"ipv4", object_of(heard.offers[0], heard.now)},
                         {"ipv6", object_of(heard.offers[1], heard.now)}};
        return row;
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
        return std::make_shared<worker::ListAddressOffers>(kServicesOfPart, kServicePlacesOfPart);
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
