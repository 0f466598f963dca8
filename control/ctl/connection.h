// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "control/descriptor.h"

namespace synward::control::ctl {

/// synward could not be asked: what() says what to do about it.
class Unreachable : public std::runtime_error {
    using runtime_error::runtime_error;
};
/// synward refused: what() is its own explanation.
class Refused : public std::runtime_error {
    using runtime_error::runtime_error;
};

/// A connection to the control socket of a running synward.
class Connection {
  public:
    /// The text of one row of an answer, a JSON object. False: no more are wanted.
    using TakeRow = std::function<bool(std::string_view row)>;

    /// Throws Unreachable.
    explicit Connection(const std::string& path);

    /// The result of a command; its rows before that. Nothing where `take_row` wanted no more: the
    /// connection is of no further use then. Throws Refused and Unreachable.
    nlohmann::ordered_json ask(std::string_view command,
                               const nlohmann::json& arguments = nlohmann::json::object(),
                               const TakeRow& take_row = {});

  private:
    void send(std::string_view text);
    /// The next line, valid until the next call.
    std::string_view line();

    std::string path_;
    Descriptor socket_;
    std::string input_;
    std::size_t taken_ = 0;  ///< of input_
};

}  // namespace synward::control::ctl
