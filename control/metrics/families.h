// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "control/sample.h"

namespace synward::control {

/// The sample as Prometheus has it: names in its conventions and base units, every reason and every
/// state there even while it is zero.
std::vector<prometheus::MetricFamily> families_of(const Sample& sample);

/// The text that Prometheus scrapes (exposition format 0.0.4).
std::string exposition_of(const Sample& sample);

}  // namespace synward::control
