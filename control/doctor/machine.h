// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace synward::control {

/// What the kernel tells of a machine by its files. Reads only.
class Machine {
  public:
    /// `root`: where /proc and /sys are; another folder than "/" in tests.
    explicit Machine(std::filesystem::path root = "/") : root_{std::move(root)} {}

    /// A file's text without the line ends at its end; nothing where it cannot be read.
    [[nodiscard]] std::optional<std::string> text(const std::string& file) const;
    /// The same as a number; nothing where it is none.
    [[nodiscard]] std::optional<std::int64_t> number(const std::string& file) const;
    /// A list of numbers such as '0-3,8'.
    [[nodiscard]] std::vector<unsigned> numbers(const std::string& file) const;
    /// Names in a folder, sorted; none where there is no such folder.
    [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;
    /// The last part of where a symbolic link leads; nothing where there is none.
    [[nodiscard]] std::optional<std::string> link(const std::string& place) const;
    [[nodiscard]] bool exists(const std::string& place) const;

  private:
    [[nodiscard]] std::filesystem::path path(std::string_view name) const;

    std::filesystem::path root_;
};

/// '0-3,8' as numbers; what is no number is left out.
std::vector<unsigned> numbers_in(std::string_view list);
/// The reverse of numbers_in().
std::string list_of(std::vector<unsigned> numbers);

}  // namespace synward::control
