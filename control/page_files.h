// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string_view>

/// The status page, as it lies in control/page/ when the program is built.
namespace synward::control::page {

struct File {
    std::string_view path;  ///< under which it is served
    std::string_view type;
    std::string_view content;
};

extern const std::span<const File> kFiles;

}  // namespace synward::control::page
