// SPDX-License-Identifier: BSD-3-Clause
#include "control/command.h"

#include <utility>

namespace synward::control {
namespace {

class AnswerAtOnce : public Command {
  public:
    AnswerAtOnce(const Commands::Answer& answer, Arguments arguments)
        : answer_{answer}, arguments_(std::move(arguments)) {}
    void go_on(Reply& reply) override { reply.finish(answer_(arguments_)); }

  private:
    const Commands::Answer& answer_;
    Arguments arguments_;
};

}  // namespace

void Commands::add_answer(std::string name, Answer answer) {
    auto shared = std::make_shared<const Answer>(std::move(answer));
    add(std::move(name), [shared](const Arguments& arguments) {
        return std::make_shared<AnswerAtOnce>(*shared, arguments);
    });
}

std::shared_ptr<Command> Commands::make(const std::string& name, const Arguments& arguments) const {
    const auto found = all_.find(name);
    if (found == all_.end()) {
        throw CommandFailure{"unknown_command", "there is no command '" + name + "'"};
    }
    return found->second(arguments);
}

}  // namespace synward::control
