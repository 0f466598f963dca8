// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace synward::control {

/// What a request says besides the command's name: a JSON object.
using Arguments = nlohmann::json;

/// Why a request fails, for its sender: a word for programs, a line for people.
class CommandFailure : public std::runtime_error {
  public:
    CommandFailure(std::string code, const std::string& message)
        : std::runtime_error{message}, code_{std::move(code)} {}
    [[nodiscard]] const std::string& code() const { return code_; }

  private:
    std::string code_;
};

/// Where a command puts its answer: any number of rows, then its end.
class Reply {
  public:
    virtual ~Reply() = default;
    /// One more row: the text of a JSON object.
    virtual void row(std::string_view object) = 0;
    virtual void finish(const nlohmann::ordered_json& result) = 0;
    virtual void fail(std::string_view code, std::string_view message) = 0;
    /// What went before has been taken by whoever reads it, or nearly all. A command that gives
    /// many rows gives none while there is no room.
    [[nodiscard]] virtual bool has_room() const = 0;
    /// Outside of Command::go_on(): rows were added or there is reason to go on.
    virtual void resume() = 0;
};

/// One request on its way to its answer. Destroyed when it has finished, or before that when its
/// sender is gone. Control thread.
class Command {
  public:
    virtual ~Command() = default;
    /// Called at the beginning and whenever there is room, until `reply` is finished; returns when
    /// it has to wait. A CommandFailure thrown here becomes the reply. `reply` outlives the
    /// command.
    virtual void go_on(Reply& reply) = 0;
};

/// The commands there are, by name.
class Commands {
  public:
    using Make = std::function<std::shared_ptr<Command>(const Arguments&)>;
    using Answer = std::function<nlohmann::ordered_json(const Arguments&)>;

    void add(std::string name, Make make) { all_.emplace(std::move(name), std::move(make)); }
    /// A command whose answer is known at once.
    void add_answer(std::string name, Answer answer);
    /// Throws CommandFailure: the command is not known, or its arguments are wrong.
    [[nodiscard]] std::shared_ptr<Command> make(const std::string& name,
                                                const Arguments& arguments) const;

  private:
    std::map<std::string, Make> all_;
};

}  // namespace synward::control
