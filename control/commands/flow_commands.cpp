// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/flow_commands.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "control/commands/arguments.h"
#include "control/commands/flow_filter.h"
#include "control/commands/list_command.h"
#include "control/endpoint_text.h"
#include "control/flow_text.h"
#include "worker/flow_questions.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;

// A part of a listing: as many rows as are written at one time, found among so many places that
// other questions need not wait long.
constexpr std::uint32_t kFlowsOfPart = 512;
constexpr std::uint32_t kFlowPlacesOfPart = 16'384;

std::string_view service_name(const Running& running, const flow::Flow& flow) {
    // By their index; those that are gone by now have no name.
    const auto& services = running.engine.policy().policy().services;
    return flow.service < services.size() ? std::string_view{services[flow.service].name} : "";
}

/// A row for each flow that fits.
class FlowsCommand : public ListCommand<worker::ListFlows> {
  public:
    FlowsCommand(const Running& running, const Arguments& arguments)
        : ListCommand{running.inquiries},
          running_{running},
          filter_{filter_of(arguments, running.engine.policy().policy())},
          rows_left_{number_argument(arguments, "limit", kNoLimit).value_or(kNoLimit)} {
        require_known(arguments, {"address", "outside", "inside", "port", "outside_port",
                                  "inside_port", "state", "phase", "service", "limit"});
    }

  private:
    static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

    std::shared_ptr<worker::ListFlows> make() override {
        return std::make_shared<worker::ListFlows>(filter_, kFlowsOfPart, kFlowPlacesOfPart);
    }
    bool take(const worker::ListFlows& list, std::size_t worker, Reply& reply) override {
        for (const flow::Flow& flow : list.records()) {
            if (rows_left_ == 0) {
                break;
            }
            row_.clear();
            append_row(row_, flow, {service_name(running_, flow), worker, list.now()});
            reply.row(row_);
            ++rows_;
            --rows_left_;
        }
        return rows_left_ != 0;
    }
    void end(Reply& reply) override {
        reply.finish({{"flows", rows_}, {"complete", rows_left_ != 0}});
    }

    const Running& running_;
    flow::Filter filter_;
    std::uint64_t rows_left_;
    std::uint64_t rows_ = 0;
    std::string row_;
};

ordered_json description(const worker::FindFlow& question, const FlowContext& context) {
    return details_of(*question.flow(), context);
}

ordered_json description(const worker::KillFlow& question, const FlowContext& context) {
    std::string row;
    append_row(row, *question.flow(), context);
    return {{"flow", ordered_json::parse(row)},
            {"outside_reset", question.is_outside_reset()},
            {"inside_reset", question.is_inside_reset()}};
}

/// Asks every worker about one connection: which one owns it is the workers' own affair.
template <typename FlowQuestion>
class OneFlowCommand : public Command,
                       public std::enable_shared_from_this<OneFlowCommand<FlowQuestion>> {
  public:
    OneFlowCommand(const Running& running, const Arguments& arguments)
        : running_{running}, tuple_{connection_argument(arguments)} {
        require_known(arguments, {"outside", "inside"});
    }

    void go_on(Reply& reply) override {
        if (is_asked_) {
            return;
        }
        is_asked_ = true;
        open_ = running_.inquiries.workers();
        for (std::size_t worker = 0; worker < running_.inquiries.workers(); ++worker) {
            const auto question = std::make_shared<FlowQuestion>(tuple_);
            running_.inquiries.ask(worker, question,
                                   [weak = this->weak_from_this(), question, worker, &reply] {
                                       if (const auto self = weak.lock()) {
                                           self->take(*question, worker, reply);
                                       }
                                   });
        }
    }

  private:
    void take(const FlowQuestion& question, std::size_t worker, Reply& reply) {
        --open_;
        if (question.flow()) {
            is_found_ = true;
            reply.finish(description(
                question, {service_name(running_, *question.flow()), worker, question.now()}));
            reply.resume();
        } else if (open_ == 0 && !is_found_) {
            reply.fail("not_found",
                       fmt::format("there is no connection between {} and {}",
                                   text_of(Endpoint{tuple_.outside_address, tuple_.outside_port}),
                                   text_of(Endpoint{tuple_.inside_address, tuple_.inside_port})));
            reply.resume();
        }
    }

    const Running& running_;
    wire::FourTuple tuple_;
    std::size_t open_ = 0;
    bool is_asked_ = false;
    bool is_found_ = false;
};

template <typename FlowQuestion>
Commands::Make one_flow_command(const Running& running) {
    return [&running](const Arguments& arguments) {
        return std::make_shared<OneFlowCommand<FlowQuestion>>(running, arguments);
    };
}

}  // namespace

void add_flow_commands(Commands& commands, const Running& running) {
    commands.add("flows", [&running](const Arguments& arguments) {
        return std::make_shared<FlowsCommand>(running, arguments);
    });
    commands.add("flow_show", one_flow_command<worker::FindFlow>(running));
    commands.add("flow_kill", one_flow_command<worker::KillFlow>(running));
}

}  // namespace synward::control
