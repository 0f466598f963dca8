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

inline constexpr Key kDpdkKeys[] = {
    {.name = "secondary_processes",
     .kind = Kind::kBoolean,
     .description =
         "Whether dpdk-dumpcap and dpdk-pdump can attach to the running box and capture. "
         "Needs huge pages and a mounted hugetlbfs.",
     .fallback = "false"},
    {.name = "file_prefix",
     .kind = Kind::kName,
     .description = "Under which name they find it: dpdk-dumpcap --file-prefix=synward. Each box "
                    "on a machine needs its own.",
     .fallback = "synward"},
};
inline constexpr Mapping kDpdk{kDpdkKeys};

}  // namespace synward::config
