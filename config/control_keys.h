// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/schema.h"

namespace synward::config {

inline constexpr Key kControlKeys[] = {
    {.name = "socket",
     .kind = Kind::kSocketPath,
     .description = "The Unix socket at which synwardctl asks; off: none. A path that is given "
                    "here must be free; without it, the run begins with a warning and no socket.",
     .fallback = "/run/synward/synward.sock"},
    {.name = "group",
     .kind = Kind::kName,
     .description = "The group whose members may use the socket; absent: that of the process."},
};
inline constexpr Mapping kControl{kControlKeys};

}  // namespace synward::config
