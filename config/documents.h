// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/diagnostic.h"

namespace synward::config {

/// Whether `text` is one YAML document that is not empty; reports what else it is. Throws
/// YAML::ParserException where it is no YAML.
///
/// The library's own loaders are of no use for this: YAML::Load() ignores all after the first
/// document, and YAML::LoadAll() never comes to an end on text that belongs to none, such as ", a".
bool is_one_document(const std::string& text, Errors& errors);

}  // namespace synward::config
