// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/source_commands.h"

#include <array>
#include <string_view>

#include "control/commands/arguments.h"
#include "control/commands/list_command.h"
#include "worker/service_questions.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;

constexpr std::uint32_t kSourcesOfPart = 512;
constexpr std::uint32_t kSourcePlacesOfPart = 16'384;
// In the order of defense::SourceBudgets::Standing.
constexpr std::array<std::string_view, 3> kStandings{"within", "over_rate", "over_concurrent"};

class SourcesCommand : public ListCommand<worker::ListSources> {
  public:
    SourcesCommand(const Running& running, const Arguments& arguments)
        : ListCommand{running.inquiries}, running_{running} {
        require_known(arguments, {});
    }

  private:
    std::shared_ptr<worker::ListSources> make() override {
        return std::make_shared<worker::ListSources>(kSourcesOfPart, kSourcePlacesOfPart);
    }
    bool take(const worker::ListSources& list, std::size_t worker, Reply& reply) override {
        for (const auto& use : list.records()) {
            const ordered_json row{
                {"source", use.prefix.text()},
                {"connections", use.connections},
                {"standing", kStandings.at(static_cast<std::size_t>(use.standing))},
                {"worker", worker}};
            reply.row(row.dump());
            ++rows_;
        }
        return true;
    }
    void end(Reply& reply) override {
        const defense::SourcePolicy& policy = running_.configuration().policy.sources;
        reply.finish(
            {{"sources", rows_},
             {"counts_connections", policy.new_connections || policy.concurrent},
             {"concurrent",
              policy.concurrent ? ordered_json(*policy.concurrent) : ordered_json(nullptr)},
             {"new_connections", policy.new_connections ? ordered_json(policy.new_connections->rate)
                                                        : ordered_json(nullptr)},
             {"uncounted", running_.report().totals.uncounted_at_source}});
    }

    const Running& running_;
    std::uint64_t rows_ = 0;
};

}  // namespace

void add_source_commands(Commands& commands, const Running& running) {
    commands.add("sources", [&running](const Arguments& arguments) {
        return std::make_shared<SourcesCommand>(running, arguments);
    });
}

}  // namespace synward::control
