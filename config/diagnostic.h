// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace synward::config {

/// One thing that is wrong with a policy file.
struct Diagnostic {
    std::string file;
    int line = 0;     ///< from 1; 0: the file as a whole
    int column = 0;   ///< from 1, in bytes
    std::string key;  ///< path of the key, "services[0].budget"; empty: the document itself
    std::string found;
    std::string expected;
    std::optional<std::string> suggestion;

    /// One line in the compilers' format, which editors know how to follow:
    /// "policy.yaml:12:5: services[0].mtu: found a list; expected ...; did you mean ...?"
    [[nodiscard]] std::string text() const;
};

/// What is wrong with a value, before it is known where the value stands.
struct Problem {
    std::string found;
    std::optional<std::string> suggestion;
};

/// Where a key or a value stands in the policy file.
struct Place {
    std::string key;
    int line = 0;
    int column = 0;
};

/// Where the values of a policy file stand, by the path of their key.
using Places = std::map<std::string, Place, std::less<>>;

/// Collects the errors of one policy file.
class Errors {
  public:
    explicit Errors(std::string file) : file_(std::move(file)) {}

    void add(const Place& place, Problem problem, std::string expected);
    /// "services[0].name (policy.yaml:12:5)", to point from one error to a second place.
    [[nodiscard]] std::string reference(const Place& place) const;
    /// Notes where a value stands.
    void saw(const Place& place) { places_.emplace(place.key, place); }
    [[nodiscard]] bool empty() const { return diagnostics_.empty(); }
    /// All of them, in the order of the file.
    std::vector<Diagnostic> take();
    Places take_places() { return std::move(places_); }

  private:
    std::string file_;
    std::vector<Diagnostic> diagnostics_;
    Places places_;
};

}  // namespace synward::config
