// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "config/diagnostic.h"

namespace synward::config {

/// Either a configuration or at least one error.
struct LoadResult {
    std::optional<Configuration> configuration;
    std::vector<Diagnostic> errors;  ///< in the order of the file
    Places places;                   ///< of what the file has; of a good one
};

/// Reads and validates a policy file. Whatever is wrong with it comes back as errors, all of them
/// at once, up to 1000; where the text is no valid YAML, the first place where it is not.
LoadResult load_file(const std::string& path);

/// The same for a policy already in memory; `file_name` is for the messages.
LoadResult load_text(std::string_view text, const std::string& file_name);

}  // namespace synward::config
