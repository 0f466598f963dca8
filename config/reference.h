// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "config/schema.h"

namespace synward::config {

/// The policy file described for people, as a page of docs/ and as the manual page synward.yaml(5),
/// and for editors, as a JSON Schema (draft 7). All are made of the schema by which files are read.
std::string reference_as_markdown();
std::string reference_as_manual();
std::string reference_as_json_schema();

/// A mapping of the policy file, and where it is.
struct ReferenceSection {
    std::string path;  ///< such as "services[].server"; empty: the file itself
    const Mapping& mapping;
    std::string_view description;
    bool restart = false;  ///< all of it takes effect at a start only
};
/// Visits the file's own mapping, then each mapping in it, in their order, with those within.
void for_each_section(const std::function<void(const ReferenceSection&)>& visit);

}  // namespace synward::config
