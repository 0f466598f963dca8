// SPDX-License-Identifier: BSD-3-Clause
#include "dump.h"

#include "config/settings.h"

namespace synward::config {

std::string dump(const Configuration& configuration) {
    std::string text;
    for (const Setting& setting : list_settings(configuration)) {
        text += setting.key + " " + setting.value + "\n";
    }
    return text;
}

}  // namespace synward::config
