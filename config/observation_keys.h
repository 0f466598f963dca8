// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/schema.h"

namespace synward::config {

inline constexpr Key kMetricsKeys[] = {
    {.name = "listen",
     .kind = Kind::kListener,
     .description = "Where Prometheus scrapes (/metrics) and the status page is (/); off: nowhere. "
                    "What is given here must be free; without it, the run begins with a warning.",
     .fallback = "127.0.0.1:9108"},
};
inline constexpr Mapping kMetrics{kMetricsKeys};

// In the order of the enumerators that they stand for.
inline constexpr std::string_view kLogFormatWords[] = {"logfmt", "json"};
inline constexpr std::string_view kLogLevelWords[] = {"error", "warning", "info", "debug"};
inline constexpr std::string_view kTelemetryWords[] = {"auto", "on", "off"};

inline constexpr Key kLogKeys[] = {
    {.name = "format",
     .kind = Kind::kWord,
     .description = "How lines of the log are written on standard error; under systemd they go to "
                    "the journal, field by field.",
     .fallback = "logfmt",
     .words = kLogFormatWords},
    {.name = "level",
     .kind = Kind::kWord,
     .description = "The least severe lines that are written.",
     .fallback = "info",
     .words = kLogLevelWords},
};
inline constexpr Mapping kLog{kLogKeys};

}  // namespace synward::config
